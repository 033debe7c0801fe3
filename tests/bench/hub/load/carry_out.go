package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"headrace/bench/load/measure"
)

type result struct {
	// Messages were received within the window, in so many frames.
	Messages    uint64  `json:"messages"`
	Frames      uint64  `json:"frames"`
	WindowMs    float64 `json:"windowMs"`
	ClientCPUMs float64 `json:"clientCpuMs"`
	// Sent, Missing and Disorder are of the whole run.
	Sent     uint64      `json:"sent"`
	Missing  uint64      `json:"missing"`
	Disorder uint64      `json:"disorder"`
	Latency  [][2]uint64 `json:"latency"`
	// At both ends of the window.
	Begin measure.Sample `json:"begin"`
	End   measure.Sample `json:"end"`
}

// openTime is how long all streams together may take to open.
const openTime = 30 * time.Second

// load is what runs between producers and consumers.
type load struct {
	producers []*producer
	consumers []*consumer
	measuring atomic.Bool
	failed    chan error
	// sending and receiving are the producers and consumers that have not ended.
	sending, receiving sync.WaitGroup
	began              time.Time
}

func (l *load) clock() time.Duration { return time.Since(l.began) }

// carryOut opens the streams, sends for the time of warm-up and window, and waits for what is still
// due then.
func carryOut(o order) (r result, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	l := &load{failed: make(chan error, 2*o.Streams), began: time.Now()}
	if err := l.open(ctx, o); err != nil {
		return r, err
	}
	for _, c := range l.consumers {
		l.receiving.Go(func() { l.failed <- fmt.Errorf("a consumer ended: %w", c.run()) })
	}
	for _, p := range l.producers {
		go p.discard()
		l.sending.Go(func() {
			if err := p.run(); err != nil {
				l.failed <- fmt.Errorf("a producer ended: %w", err)
			}
		})
	}
	if err := l.wait(o.WarmUpMs); err != nil {
		return r, err
	}
	if r.Begin, err = measure.SampleTree(o.Pid, l.clock()); err != nil {
		return r, err
	}
	from, cpu, frames, messages := l.clock(), measure.OwnCPU(), l.frames(), l.received()
	l.measuring.Store(true)
	if err := l.wait(o.WindowMs); err != nil {
		return r, err
	}
	l.measuring.Store(false)
	r.Messages, r.Frames = l.received()-messages, l.frames()-frames
	r.WindowMs, r.ClientCPUMs = measure.InMs(l.clock()-from), measure.InMs(measure.OwnCPU()-cpu)
	if r.End, err = measure.SampleTree(o.Pid, l.clock()); err != nil {
		return r, err
	}
	for _, p := range l.producers {
		p.stopping.Store(true)
	}
	if err := l.drain(o); err != nil {
		return r, err
	}
	r.Sent = l.sent()
	r.Missing = r.Sent - min(r.Sent, l.received())
	cancel()
	l.receiving.Wait()
	var latency measure.Histogram
	for _, c := range l.consumers {
		r.Disorder += c.disorder
		latency.Add(&c.latency)
	}
	r.Latency = latency.Buckets()
	return r, nil
}

func (l *load) open(ctx context.Context, o order) error {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(openTime, func() { cancel(fmt.Errorf("the streams do not open within %s", openTime)) })
	defer timer.Stop()
	options, err := dialOptions(o)
	if err != nil {
		return err
	}
	open := func(run int, step string) (grpc.ClientStream, error) {
		stream, err := openStep(ctx, o, options, run, step)
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return stream, err
	}
	interval := time.Duration(0)
	if o.Rate > 0 {
		interval = time.Duration(float64(time.Second) * float64(o.Streams) / o.Rate)
	}
	for run := range o.Streams {
		// The consumer first: what is sent before it is there waits in the hub.
		to, err := open(run, "b")
		if err != nil {
			return err
		}
		from, err := open(run, "a")
		if err != nil {
			return err
		}
		l.consumers = append(l.consumers, &consumer{stream: to, clock: l.clock, measuring: &l.measuring})
		l.producers = append(l.producers, &producer{
			stream:   from,
			text:     newTemplate(o.Size, o.Batch > 1),
			batch:    o.Batch,
			interval: interval,
			clock:    l.clock,
		})
	}
	return nil
}

// wait waits, unless a stream fails before.
func (l *load) wait(ms int) error {
	select {
	case <-time.After(millis(ms)):
		return nil
	case err := <-l.failed:
		return err
	}
}

// drain waits until everything that was sent is there, or time is over.
func (l *load) drain(o order) error {
	var over atomic.Bool
	go func() {
		l.sending.Wait()
		over.Store(true)
	}()
	for end := l.clock() + millis(o.DrainMs); l.clock() < end; {
		if err := l.wait(20); err != nil {
			return err
		}
		if over.Load() && l.received() >= l.sent() {
			return nil
		}
	}
	return nil
}

func (l *load) received() (sum uint64) {
	for _, c := range l.consumers {
		sum += c.received.Load()
	}
	return sum
}

func (l *load) frames() (sum uint64) {
	for _, c := range l.consumers {
		sum += c.frames.Load()
	}
	return sum
}

func (l *load) sent() (sum uint64) {
	for _, p := range l.producers {
		sum += p.sent.Load()
	}
	return sum
}
