package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"headrace/bench/load/measure"
)

const (
	quietStep = 500 * time.Millisecond
	// quietShare is how much of a core may be busy on a machine that counts as quiet.
	quietShare = 0.1
	// ticksPerSecond of /proc is USER_HZ.
	ticksPerSecond = 100
)

type quietResult struct {
	Quiet bool `json:"quiet"`
}

// quiet waits until the machine has nothing else to do for two steps in a row, or time is over.
func quiet(c config) (r quietResult, err error) {
	last, err := busyTicks()
	if err != nil {
		return r, err
	}
	calm := 0
	for end := time.Now().Add(millis(c.DrainMs)); time.Now().Before(end); {
		time.Sleep(quietStep)
		now, err := busyTicks()
		if err != nil {
			return r, err
		}
		if float64(now-last) > quietShare*ticksPerSecond*quietStep.Seconds() {
			calm = 0
		} else if calm++; calm == 2 {
			return quietResult{Quiet: true}, nil
		}
		last = now
	}
	return r, nil
}

// busyTicks is what all cores together have done so far, but for idling and waiting for disks.
func busyTicks() (int, error) {
	s, err := measure.SampleTree(0, 0)
	if err != nil {
		return 0, err
	}
	busy := 0
	for i, field := range strings.Fields(s.Machine)[1:9] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat: %w", err)
		}
		const idle, iowait = 3, 4
		if i != idle && i != iowait {
			busy += ticks
		}
	}
	return busy, nil
}
