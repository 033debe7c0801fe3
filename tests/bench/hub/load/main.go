// Load sends packets through a hub as the steps of realtime stories and says what came of it. It
// reads one order as JSON from standard input and writes one result as JSON to standard output.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	o, err := readOrder(os.Stdin)
	if err != nil {
		return err
	}
	r, err := carryOut(o)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(r)
}
