package main

import (
	"testing"
	"time"
)

func TestHistogramBucketsAreAtMostASixtyFourthTooLarge(t *testing.T) {
	for micros := uint64(0); micros < 1<<40; micros += 1 + micros/7 {
		largest := upper(bucketOf(micros))
		if largest < micros || largest-micros > micros/64 {
			t.Fatalf("%d µs is counted as up to %d", micros, largest)
		}
	}
}

func TestHistogramKeepsWhatIsOutOfRange(t *testing.T) {
	var h histogram
	h.record(-time.Second)
	h.record(1 << 62)
	buckets := h.buckets()
	if len(buckets) != 2 || buckets[0] != [2]uint64{0, 1} || buckets[1][1] != 1 {
		t.Fatalf("%v", buckets)
	}
}
