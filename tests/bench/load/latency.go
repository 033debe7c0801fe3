package main

import (
	"fmt"
	"time"

	"headrace/bench/load/measure"
)

// answerTime is how long a single request may take.
const answerTime = 20 * time.Second

type latencyResult struct {
	Answer [][2]uint64 `json:"answer"`
	// Bytes is the size of the last body, as far as it was read.
	Bytes int            `json:"bytes"`
	Begin measure.Sample `json:"begin"`
	End   measure.Sample `json:"end"`
}

// latency makes requests one after the other, each on a connection of its own, and measures from
// the connect until the answer ends or, for a stream, until its first marker. When there is a
// message to publish it is published before each, so that the server cannot repeat its last answer.
func latency(c config) (r latencyResult, err error) {
	l, err := newLoop(c.Addr)
	if err != nil {
		return r, err
	}
	defer l.closeAll()
	if r.Begin, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	var took measure.Histogram
	for range c.Count {
		if c.Publish != "" {
			if _, _, err := once(l, c.Publish, false); err != nil {
				return r, err
			}
		}
		duration, bytes, err := once(l, c.Subscribe, c.ByMarker)
		if err != nil {
			return r, err
		}
		took.Record(duration)
		r.Bytes = bytes
	}
	r.Answer = took.Buckets()
	r.End, err = measure.SampleTree(c.Pid, l.clock())
	return r, err
}

// once makes one request and gives how long it took and the bytes of its body.
func once(l *loop, request string, byMarker bool) (took time.Duration, bytes int, err error) {
	begin := l.clock()
	c, err := l.dial([]byte(request))
	if err != nil {
		return 0, 0, err
	}
	done := false
	var failed error
	var s scanner
	c.onBody = func(piece []byte) {
		bytes += len(piece)
		if byMarker {
			s.scan(piece, func(uint32, int64) { done = true })
		}
	}
	c.onEnd = func() { done = done || !byMarker }
	c.onClosed = func(reason error) { failed = reason }
	for !done && failed == nil {
		if l.now > begin+answerTime {
			return 0, 0, fmt.Errorf("no answer within %s", answerTime)
		}
		if err := l.poll(l.now + 100*time.Millisecond); err != nil {
			return 0, 0, err
		}
	}
	took = l.clock() - begin
	c.close(nil)
	if failed == nil && (c.status < 200 || c.status > 299) {
		failed = fmt.Errorf("status %d", c.status)
	}
	return took, bytes, failed
}
