// Package measure is what the load clients of the benches measure with.
package measure

import (
	"math/bits"
	"time"
)

// Histogram counts durations in microseconds in buckets that are at most 1/64 wide of their value:
// exact below 64 µs, then 64 buckets a power of two.
type Histogram struct {
	counts [64 * 40]uint64
}

const subBits = 6

// Record counts one duration.
func (h *Histogram) Record(d time.Duration) {
	micros := uint64(0)
	if d > 0 {
		micros = uint64(d / time.Microsecond)
	}
	h.counts[min(bucketOf(micros), len(h.counts)-1)]++
}

// Add counts what another histogram has counted too.
func (h *Histogram) Add(other *Histogram) {
	for bucket, count := range other.counts {
		h.counts[bucket] += count
	}
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

// Buckets gives what was counted as pairs of the largest value in µs and the count.
func (h *Histogram) Buckets() [][2]uint64 {
	pairs := [][2]uint64{}
	for bucket, count := range h.counts {
		if count > 0 {
			pairs = append(pairs, [2]uint64{upper(bucket), count})
		}
	}
	return pairs
}
