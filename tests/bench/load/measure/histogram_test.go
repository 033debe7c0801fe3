package measure

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
	var h Histogram
	h.Record(-time.Second)
	h.Record(1 << 62)
	buckets := h.Buckets()
	if len(buckets) != 2 || buckets[0] != [2]uint64{0, 1} || buckets[1][1] != 1 {
		t.Fatalf("%v", buckets)
	}
}

func TestHistogramsAddUp(t *testing.T) {
	var h, other Histogram
	h.Record(time.Millisecond)
	other.Record(time.Millisecond)
	other.Record(time.Second)
	h.Add(&other)
	buckets := h.Buckets()
	if len(buckets) != 2 || buckets[0][1] != 2 || buckets[1][1] != 1 {
		t.Fatalf("%v", buckets)
	}
}
