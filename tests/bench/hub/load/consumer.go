package main

import (
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"headrace/bench/load/measure"
)

// consumer takes the messages of one stream.
type consumer struct {
	stream grpc.ClientStream
	clock  func() time.Duration
	// measuring is set within the window.
	measuring *atomic.Bool
	received  atomic.Uint64
	frames    atomic.Uint64
	// last is the number of the last message, and one more: 0 before the first.
	last uint64
	// disorder counts messages that came after a later one, or twice.
	disorder uint64
	latency  measure.Histogram
}

// run reads until the stream ends.
func (c *consumer) run() error {
	for frame := []byte(nil); ; {
		if err := c.stream.RecvMsg(&frame); err != nil {
			return err
		}
		now, measuring, count := c.clock(), c.measuring.Load(), uint64(0)
		err := readMarks(frame, func(m mark) {
			if m.number < c.last {
				c.disorder++
				return
			}
			c.last = m.number + 1
			count++
			if measuring {
				c.latency.Record(now - m.due)
			}
		})
		if err != nil {
			return err
		}
		if count > 0 {
			c.received.Add(count)
			c.frames.Add(1)
		}
	}
}
