package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// order is what the bench asks for. Times are milliseconds.
type order struct {
	Addr string `json:"addr"`
	// Pid is the root of the hub's processes.
	Pid int `json:"pid"`
	// Certificates is a folder with ca.crt, client.crt and client.key; empty without TLS.
	Certificates string `json:"certificates"`
	// Streams is how many runs of the story there are, each with a producer and a consumer that have
	// a connection each, as connectors do.
	Streams int `json:"streams"`
	// Size is the payload of a message in bytes.
	Size int `json:"size"`
	// Batch is how many messages a frame may have; 1 is the plain protocol.
	Batch int `json:"batch"`
	// Rate is messages a second over all streams; 0 is as fast as the hub takes them.
	Rate float64 `json:"rate"`

	WarmUpMs int `json:"warmUpMs"`
	WindowMs int `json:"windowMs"`
	// DrainMs is how long to wait, at most, for what is still due.
	DrainMs int `json:"drainMs"`
}

const (
	maxStreams = 500
	maxSize    = 1 << 20
	// maxBatch is the hub's own limit of a frame.
	maxBatch = 1024
	maxRate  = 5_000_000
	maxTime  = 5 * time.Minute
)

func readOrder(from io.Reader) (order, error) {
	var o order
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&o); err != nil {
		return o, fmt.Errorf("order: %w", err)
	}
	total := millis(o.WarmUpMs) + millis(o.WindowMs) + millis(o.DrainMs)
	switch {
	case o.Streams < 1 || o.Streams > maxStreams:
		return o, fmt.Errorf("order: streams must be 1 to %d", maxStreams)
	case o.Size < markSize || o.Size > maxSize:
		return o, fmt.Errorf("order: size must be %d to %d", markSize, maxSize)
	case o.Batch < 1 || o.Batch > maxBatch:
		return o, fmt.Errorf("order: batch must be 1 to %d", maxBatch)
	case o.Rate < 0 || o.Rate > maxRate:
		return o, fmt.Errorf("order: rate must be 0 to %d", int(maxRate))
	case o.WindowMs < 1 || total < 0 || total > maxTime:
		return o, fmt.Errorf("order: a window is needed, and the times must be %s in all, at most", maxTime)
	}
	return o, nil
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }
