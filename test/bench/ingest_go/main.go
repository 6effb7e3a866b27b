// Reads an exposition with Prometheus' own parser, over and over, and prints how fast: the same
// text, the same core and the same run as hpaplus_ingest_bench.
//
//	ingest_go FILE ...
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// With labels as a scrape makes them for a series that it does not know, or without, as it does
// for one that its cache has.
func read(text []byte, withLabels bool) (samples int, err error) {
	parser := textparse.NewPromParser(text, labels.NewSymbolTable())
	var series labels.Labels
	for {
		entry, err := parser.Next()
		if errors.Is(err, io.EOF) {
			return samples, nil
		}
		if err != nil {
			return samples, err
		}
		if entry != textparse.EntrySeries {
			continue
		}
		parser.Series()
		if withLabels {
			parser.Metric(&series)
		}
		samples++
	}
}

// What this process has computed, as the other benchmark counts it: what else runs on the machine
// does not matter.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func measure(name string, text []byte, withLabels bool) error {
	const atLeast = time.Second
	rounds, start := 0, processorTime()
	for processorTime()-start < atLeast {
		if _, err := read(text, withLabels); err != nil {
			return err
		}
		rounds++
	}
	seconds := (processorTime() - start).Seconds()
	fmt.Printf("%-50s %8.0f MB/s\n", name, float64(len(text))*float64(rounds)/seconds/1e6)
	return nil
}

func main() {
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err == nil {
			err = measure("prometheus/textparse/without_labels "+file, text, false)
		}
		if err == nil {
			err = measure("prometheus/textparse/labels "+file, text, true)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
