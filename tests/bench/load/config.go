package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// config is one order, read as JSON from standard input. Requests are whole HTTP/1.1 requests; the
// markers in them are overwritten with the number and the time of each message.
type config struct {
	// Mode is fanout, ingest, storm, latency or quiet.
	Mode string `json:"mode"`
	// Addr is the server's address, loopback only.
	Addr string `json:"addr"`
	// Pid is the server; it and its descendants are sampled.
	Pid int `json:"pid"`

	// Subscribe opens a stream. In a storm, "{id}" in Resume becomes the Last-Event-ID.
	Subscribe string `json:"subscribe"`
	Resume    string `json:"resume"`
	Publish   string `json:"publish"`

	Subscribers int `json:"subscribers"`
	// Rate is messages a second.
	Rate float64 `json:"rate"`
	// WarmUpRate is messages a second until the window begins, when that is another rate.
	WarmUpRate float64 `json:"warmUpRate"`
	// Connections is how many publishers there are, at most.
	Connections int `json:"connections"`
	// Count is how many messages a storm's clients miss, or how many requests latency makes.
	Count int `json:"count"`
	// ByMarker ends a latency request with the first marker of the body, not with the body's end.
	ByMarker bool `json:"byMarker"`

	// Prelude is how many messages a fan-out's server takes before, with nobody reading, so that
	// just-in-time compilers have done their work.
	Prelude int `json:"prelude"`

	SettleMs int `json:"settleMs"`
	WarmUpMs int `json:"warmUpMs"`
	WindowMs int `json:"windowMs"`
	// DrainMs is how long to wait, at most, for what is still due or for a quiet machine.
	DrainMs int `json:"drainMs"`
}

const (
	maxSubscribers = 50_000
	maxMessages    = 4_000_000
	maxTime        = 10 * time.Minute
)

func readConfig(from io.Reader) (config, error) {
	var c config
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return c, fmt.Errorf("config: %w", err)
	}
	total := millis(c.SettleMs) + millis(c.WarmUpMs) + millis(c.WindowMs) + millis(c.DrainMs)
	switch {
	case c.Subscribers < 0 || c.Subscribers > maxSubscribers:
		return c, fmt.Errorf("config: subscribers must be 0 to %d", maxSubscribers)
	case c.Rate < 0 || c.WarmUpRate < 0 || max(c.Rate, c.WarmUpRate)*total.Seconds() > maxMessages:
		return c, fmt.Errorf("config: rate × time must be at most %d messages", maxMessages)
	case c.Connections < 0 || c.Connections > 1024:
		return c, fmt.Errorf("config: connections must be 0 to 1024")
	case c.Prelude < 0 || c.Prelude > maxMessages:
		return c, fmt.Errorf("config: prelude must be 0 to %d", maxMessages)
	case c.Count < 0 || c.Count > maxMessages:
		return c, fmt.Errorf("config: count must be 0 to %d", maxMessages)
	case total < 0 || total > maxTime:
		return c, fmt.Errorf("config: the times must be %s in all, at most", maxTime)
	}
	return c, nil
}

func millis(n int) time.Duration { return time.Duration(n) * time.Millisecond }
