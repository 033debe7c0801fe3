package main

import (
	"fmt"
	"syscall"
	"time"

	"headrace/bench/load/measure"
)

// connectTime is how long the streams of any load may take to open.
const connectTime = 90 * time.Second

type fanOutResult struct {
	ConnectMs   float64 `json:"connectMs"`
	Connected   int     `json:"connected"`
	Published   int     `json:"published"`
	Deliveries  uint64  `json:"deliveries"`
	Distinct    uint64  `json:"distinct"`
	Duplicates  uint64  `json:"duplicates"`
	Disorder    uint64  `json:"disorder"`
	Missing     uint64  `json:"missing"`
	Bytes       uint64  `json:"bytes"`
	WindowMs    float64 `json:"windowMs"`
	ClientCPUMs float64 `json:"clientCpuMs"`
	// Publishers is how many connections the messages took.
	Publishers int            `json:"publishers"`
	Failures   map[string]int `json:"failures"`
	Latency    [][2]uint64    `json:"latency"`
	Answer     [][2]uint64    `json:"answer"`
	Idle       measure.Sample `json:"idle"`
	Opened     measure.Sample `json:"opened"`
	Begin      measure.Sample `json:"begin"`
	End        measure.Sample `json:"end"`
}

// fanOut opens streams, publishes at a rate, and measures deliveries within a window that begins
// after a warm-up; then it waits for what is still due.
func fanOut(c config) (r fanOutResult, err error) {
	l, err := newLoop(c.Addr)
	if err != nil {
		return r, err
	}
	defer l.closeAll()
	before, total := messages(c)
	p, err := newPublisher(l, c.Publish, c.Connections)
	if err != nil {
		return r, err
	}

	if r.Idle, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	began := l.now
	a, err := openAll(l, c, total)
	if err != nil {
		return r, err
	}
	r.ConnectMs, r.Connected = measure.InMs(l.now-began), a.open
	if err := runUntil(l, nil, l.now+millis(c.SettleMs)); err != nil {
		return r, err
	}
	if r.Opened, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	if c.Prelude > 0 {
		a.close()
		if err := prelude(l, c); err != nil {
			return r, err
		}
		if a, err = openAll(l, c, total); err != nil {
			return r, err
		}
	}

	start := l.clock()
	a.from, a.to = start+millis(c.WarmUpMs), start+millis(c.WarmUpMs)+millis(c.WindowMs)
	if c.WarmUpRate > 0 {
		// Its last message and the pause after it are not measured.
		pause := time.Duration(float64(time.Second) / c.Rate)
		a.from, a.to = a.from+pause, a.to+pause
		p.schedule(start, c.WarmUpRate, before)
	} else {
		p.schedule(start, c.Rate, total)
	}
	if err := runUntil(l, p, a.from); err != nil {
		return r, err
	}
	if r.Begin, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	if c.WarmUpRate > 0 {
		p.schedule(l.clock(), c.Rate, total-before)
	}
	cpu, from := measure.OwnCPU(), l.now
	if err := runUntil(l, p, a.to); err != nil {
		return r, err
	}
	if r.End, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	r.WindowMs, r.ClientCPUMs = measure.InMs(l.now-from), measure.InMs(measure.OwnCPU()-cpu)

	for end := l.now + millis(c.DrainMs); l.now < end; {
		if p.done() && a.distinct >= uint64(p.sent*a.open) {
			break
		}
		if err := runUntil(l, p, l.now+5*time.Millisecond); err != nil {
			return r, err
		}
	}
	r.Published, r.Deliveries, r.Distinct = p.sent, a.deliveries, a.distinct
	r.Duplicates, r.Disorder, r.Bytes = a.duplicates, a.disorder, a.bytes
	r.Missing = a.missing(0, p.sent)
	r.Publishers = p.posts
	r.Failures = merged(a.failures, p.failures)
	r.Latency, r.Answer = a.latency.Buckets(), p.answer.Buckets()
	return r, nil
}

// messages gives how many messages an order sends, before its window and in all.
func messages(c config) (before, total int) {
	rate := c.Rate
	if c.WarmUpRate > 0 {
		rate = c.WarmUpRate
	}
	before = int(rate * millis(c.WarmUpMs).Seconds())
	return before, before + int(c.Rate*millis(c.WindowMs).Seconds())
}

// openAll opens all streams of an order.
func openAll(l *loop, c config, messages int) (*audience, error) {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil {
		return nil, fmt.Errorf("open files: %w", err)
	}
	if need := uint64(c.Subscribers + c.Connections + 16); files.Cur < need {
		return nil, fmt.Errorf("this takes %d open files, and %d are allowed: raise ulimit -n", need, files.Cur)
	}
	a := newAudience(l, messages)
	if err := a.connect([]byte(c.Subscribe), c.Subscribers, l.clock()+connectTime); err != nil {
		return nil, err
	}
	if a.open < c.Subscribers {
		return nil, fmt.Errorf("%d of %d streams stand; failures: %v", a.open, c.Subscribers, a.failures)
	}
	return a, nil
}

// prelude posts messages that nobody reads as fast as the server takes them.
func prelude(l *loop, c config) error {
	p, err := newPublisher(l, c.Publish, c.Connections)
	if err != nil {
		return err
	}
	p.closedLoop, p.uncounted = true, true
	for range c.Connections {
		if err := p.dial(0); err != nil {
			return err
		}
	}
	for end := l.clock() + publishTime; p.answered < c.Prelude && l.now < end; {
		if err := l.poll(l.now + 10*time.Millisecond); err != nil {
			return err
		}
	}
	l.closeAll()
	if len(p.failures) > 0 {
		return fmt.Errorf("the first messages failed: %v", p.failures)
	}
	return nil
}

// runUntil runs the loop until a time, sending what the publisher has due.
func runUntil(l *loop, p *publisher, end time.Duration) error {
	for l.clock() < end {
		next := end
		if p != nil {
			due, err := p.step()
			if err != nil {
				return err
			}
			next = min(next, due)
		}
		if err := l.poll(next); err != nil {
			return err
		}
	}
	return nil
}

func merged(all ...map[string]int) map[string]int {
	sum := map[string]int{}
	for _, some := range all {
		for reason, count := range some {
			sum[reason] += count
		}
	}
	return sum
}
