// Load puts load on a server of event streams and says what came of it. It reads one order as JSON
// from standard input and writes one result as JSON to standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	// One thread does all the work and allocates next to nothing: a collection would only add pauses.
	runtime.LockOSThread()
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(2 << 30)
	c, err := readConfig(os.Stdin)
	if err != nil {
		return err
	}
	var result any
	switch c.Mode {
	case "fanout":
		result, err = fanOut(c)
	case "ingest":
		result, err = ingest(c)
	case "storm":
		result, err = storm(c)
	case "latency":
		result, err = latency(c)
	case "quiet":
		result, err = quiet(c)
	default:
		return fmt.Errorf("config: unknown mode %q", c.Mode)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(result)
}
