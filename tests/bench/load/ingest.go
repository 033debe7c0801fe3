package main

import "headrace/bench/load/measure"

type ingestResult struct {
	Requests    int            `json:"requests"`
	WindowMs    float64        `json:"windowMs"`
	ClientCPUMs float64        `json:"clientCpuMs"`
	Failures    map[string]int `json:"failures"`
	Answer      [][2]uint64    `json:"answer"`
	Begin       measure.Sample `json:"begin"`
	End         measure.Sample `json:"end"`
}

// ingest keeps a number of connections busy: each sends its next request when the last is answered.
func ingest(c config) (r ingestResult, err error) {
	l, err := newLoop(c.Addr)
	if err != nil {
		return r, err
	}
	defer l.closeAll()
	p, err := newPublisher(l, c.Publish, c.Connections)
	if err != nil {
		return r, err
	}
	p.closedLoop = true
	for range c.Connections {
		if err := p.dial(0); err != nil {
			return r, err
		}
	}
	if err := runUntil(l, nil, l.clock()+millis(c.WarmUpMs)); err != nil {
		return r, err
	}
	if r.Begin, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	from, cpu, before := l.now, measure.OwnCPU(), p.answered
	p.answer = measure.Histogram{}
	if err := runUntil(l, nil, from+millis(c.WindowMs)); err != nil {
		return r, err
	}
	if r.End, err = measure.SampleTree(c.Pid, l.clock()); err != nil {
		return r, err
	}
	r.Requests = p.answered - before
	r.WindowMs, r.ClientCPUMs = measure.InMs(l.now-from), measure.InMs(measure.OwnCPU()-cpu)
	r.Failures, r.Answer = p.failures, p.answer.Buckets()
	return r, nil
}
