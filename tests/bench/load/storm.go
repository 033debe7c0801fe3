package main

import (
	"fmt"
	"strings"
	"time"

	"headrace/bench/load/measure"
)

// publishTime is how long publishing what a storm's clients miss may take.
const publishTime = 30 * time.Second

type stormResult struct {
	Connected int `json:"connected"`
	// WholeMs is from the first reconnect until every client had every message that it missed.
	WholeMs float64 `json:"wholeMs"`
	// ClientMs is from each client's own reconnect until it was whole.
	Client      [][2]uint64    `json:"client"`
	Duplicates  uint64         `json:"duplicates"`
	Missing     uint64         `json:"missing"`
	Failures    map[string]int `json:"failures"`
	ClientCPUMs float64        `json:"clientCpuMs"`
	Begin       measure.Sample `json:"begin"`
	End         measure.Sample `json:"end"`
}

// storm has all clients see one message, leave, miss some messages, and come back at the same time
// with the id of what they saw last.
func storm(c config) (r stormResult, err error) {
	l, err := newLoop(c.Addr)
	if err != nil {
		return r, err
	}
	defer l.closeAll()
	p, err := newPublisher(l, c.Publish, c.Connections)
	if err != nil {
		return r, err
	}

	before, err := openAll(l, c, 1)
	if err != nil {
		return r, err
	}
	r.Connected = before.open
	var text []byte
	first := before.subscribers[0]
	first.conn.onBody = func(piece []byte) {
		text = append(text, piece...)
		first.scanner.scan(piece, first.found)
	}
	if err := publishAll(l, p, 1, c.Rate); err != nil {
		return r, err
	}
	if err := waitFor(l, publishTime, func() bool { return before.distinct == uint64(c.Subscribers) }); err != nil {
		return r, fmt.Errorf("the first message reached %d clients: %w", before.distinct, err)
	}
	// The id stands before or behind the data: wait until the whole event is there.
	if err := runUntil(l, nil, l.now+100*time.Millisecond); err != nil {
		return r, err
	}
	id := lastEventID(text)
	if id == "" {
		return r, fmt.Errorf("no id in the stream: %q", text)
	}
	before.close()
	if err := publishAll(l, p, c.Count, c.Rate); err != nil {
		return r, err
	}
	if err := runUntil(l, nil, l.now+millis(c.SettleMs)); err != nil {
		return r, err
	}

	if r.Begin, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	cpu, begin := measure.OwnCPU(), l.clock()
	after := newAudience(l, 1+c.Count)
	whole := 0
	var took measure.Histogram
	after.onMessage = func(s *subscriber) {
		if s.received == c.Count {
			whole++
			took.Record(l.now - s.begun)
		}
	}
	resume := []byte(strings.ReplaceAll(c.Resume, "{id}", id))
	if err := after.connect(resume, c.Subscribers, begin+connectTime); err != nil {
		return r, err
	}
	if err := waitFor(l, connectTime, func() bool { return whole == c.Subscribers }); err != nil {
		return r, fmt.Errorf("%d of %d clients became whole: %w", whole, c.Subscribers, err)
	}
	r.WholeMs, r.ClientCPUMs = measure.InMs(l.clock()-begin), measure.InMs(measure.OwnCPU()-cpu)
	if r.End, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	r.Client, r.Duplicates = took.Buckets(), after.duplicates
	r.Missing = after.missing(1, 1+c.Count)
	r.Failures = merged(before.failures, after.failures, p.failures)
	return r, nil
}

func publishAll(l *loop, p *publisher, count int, rate float64) error {
	p.schedule(l.clock(), rate, count)
	for end := l.now + publishTime; !p.done(); {
		if l.now > end {
			return fmt.Errorf("%d of %d messages were taken: time is over", p.answered, p.total)
		}
		if err := runUntil(l, p, l.now+time.Millisecond); err != nil {
			return err
		}
	}
	if len(p.failures) > 0 {
		return fmt.Errorf("publishing failed: %v", p.failures)
	}
	return nil
}

func waitFor(l *loop, limit time.Duration, condition func() bool) error {
	for end := l.clock() + limit; !condition(); {
		if l.now > end {
			return fmt.Errorf("time is over after %s", limit)
		}
		if err := l.poll(l.now + 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
