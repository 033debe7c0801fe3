package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in microseconds in buckets that are at most 1/64 wide of their value:
// exact below 64 µs, then 64 buckets a power of two.
type histogram struct {
	counts [64 * 40]uint64
}

const subBits = 6

func (h *histogram) record(d time.Duration) {
	micros := uint64(0)
	if d > 0 {
		micros = uint64(d / time.Microsecond)
	}
	h.counts[min(bucketOf(micros), len(h.counts)-1)]++
}

func bucketOf(micros uint64) int {
	if micros < 1<<subBits {
		return int(micros)
	}
	shift := bits.Len64(micros) - subBits - 1
	return shift<<subBits + int(micros>>shift)
}

// upper gives the largest value of a bucket.
func upper(bucket int) uint64 {
	if bucket < 1<<(subBits+1) {
		return uint64(bucket)
	}
	shift := bucket>>subBits - 1
	return uint64(bucket&(1<<subBits-1)|1<<subBits)<<shift + 1<<shift - 1
}

// buckets gives what was counted as pairs of the largest value in µs and the count.
func (h *histogram) buckets() [][2]uint64 {
	pairs := [][2]uint64{}
	for bucket, count := range h.counts {
		if count > 0 {
			pairs = append(pairs, [2]uint64{upper(bucket), count})
		}
	}
	return pairs
}
