#!/usr/bin/env bash
#
# Prints the helm to use: $HELM, the one in PATH, or one that is built from the Go module that go.mod
# names and kept in ${XDG_CACHE_HOME:-~/.cache}/hpaplus. A build takes minutes, the first time.
#
#   helm.sh [--check]    with --check nothing is built
#
# Exit code 3: this machine has none and cannot build it; one line on stderr says why.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
readonly here

impossible() {
  echo "*** NO HELM: $* ***" >&2
  exit 3
}

build() {
  local target=$1
  command -v go > /dev/null || impossible "no go in PATH; install helm, or Go"
  cd "$here"
  export CGO_ENABLED=0 GOWORK=off GOMAXPROCS="${HPAPLUS_KUBE_BUILD_JOBS:-2}"
  timeout 300 go mod download helm.sh/helm/v3 > "$target.log" 2>&1 ||
    impossible "cannot fetch Go modules: $(tail -n 1 "$target.log" | cut -c 1-200)"
  echo "building helm; minutes, the first time" >&2
  nice -n 10 go build -mod=readonly -buildvcs=false -trimpath -p "$GOMAXPROCS" \
    -ldflags "-s -w" -o "$target.new" helm.sh/helm/v3/cmd/helm >&2
  mv -T "$target.new" "$target"
  rm -f "$target.log"
}

main() {
  local root key helm
  if [[ -n ${HELM:-} ]]; then
    echo "$HELM"
    return
  fi
  if command -v helm; then return; fi
  root=${XDG_CACHE_HOME:-${HOME:?neither XDG_CACHE_HOME nor HOME is set}/.cache}/hpaplus
  key=$(cd "$here" && { cat go.mod go.sum helm.sh; uname -sm; } | sha256sum | cut -c 1-16)
  helm=$root/helm-$key
  if [[ ! -x $helm ]]; then
    [[ ${1:-} != --check ]] || impossible "not in PATH, not built; run $here/helm.sh"
    mkdir -p "$root"
    exec 9> "$helm.lock"
    flock 9
    [[ -x $helm ]] || (build "$helm" 9>&-)
  fi
  echo "$helm"
}

main "$@"
