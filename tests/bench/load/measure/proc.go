package measure

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sample is what /proc says of the machine and the server's processes at one time, as it stands there.
type Sample struct {
	AtMs float64 `json:"atMs"`
	// Machine is the line of /proc/stat about all cores.
	Machine   string    `json:"machine"`
	Processes []Process `json:"processes"`
}

// Process is what /proc says of one process.
type Process struct {
	Stat   string `json:"stat"`
	Status string `json:"status"`
}

// SampleTree reads /proc for a process and all its descendants.
func SampleTree(pid int, at time.Duration) (Sample, error) {
	s := Sample{AtMs: InMs(at)}
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return s, err
	}
	s.Machine, _, _ = strings.Cut(string(stat), "\n")
	if pid == 0 {
		return s, nil
	}
	for pending := []int{pid}; len(pending) > 0; {
		folder := filepath.Join("/proc", strconv.Itoa(pending[0]))
		pending = pending[1:]
		stat, err := os.ReadFile(filepath.Join(folder, "stat"))
		if err != nil {
			return s, fmt.Errorf("the server is gone: %w", err)
		}
		status, err := os.ReadFile(filepath.Join(folder, "status"))
		if err != nil {
			return s, fmt.Errorf("the server is gone: %w", err)
		}
		s.Processes = append(s.Processes, Process{Stat: string(stat), Status: string(status)})
		lists, err := filepath.Glob(filepath.Join(folder, "task", "*", "children"))
		if err != nil {
			return s, err
		}
		for _, list := range lists {
			children, err := os.ReadFile(list)
			if err != nil {
				continue // A thread that has just ended has no children.
			}
			for _, child := range strings.Fields(string(children)) {
				number, err := strconv.Atoi(child)
				if err != nil {
					return s, fmt.Errorf("%s: %w", list, err)
				}
				pending = append(pending, number)
			}
		}
	}
	return s, nil
}

// OwnCPU is the CPU time that this process has used.
func OwnCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// InMs is a time in milliseconds.
func InMs(d time.Duration) float64 { return d.Seconds() * 1000 }
