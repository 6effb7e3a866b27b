# A thin front of CMake presets and scripts. Each target first installs the Debian packages that it
# lacks (.ci/install lists them) and needs nothing else.

.PHONY: build demo test bench clean

build:
	.ci/install build
	cmake --preset release
	cmake --build --preset release

demo: build
	.ci/install demo
	examples/demo/run

test:
	.ci/install build test
	cmake --workflow --preset dev

bench:
	.ci/install build test
	cmake --preset bench
	cmake --build --preset bench
	test/bench/run

clean:
	rm -rf build
