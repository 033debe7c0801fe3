package main

import (
	"testing"
	"time"
)

func TestMarksAreFoundInPlainAndBatchedFrames(t *testing.T) {
	for _, size := range []int{markSize, 100, 1024, 100_000} {
		for _, batched := range []bool{false, true} {
			text := newTemplate(size, batched)
			sent := []mark{{1, time.Second}}
			if batched {
				sent = append(sent, mark{2, 0}, mark{1 << 40, time.Hour})
			}
			var frame []byte
			for _, m := range sent {
				frame = text.append(frame, m)
			}
			var got []mark
			if err := readMarks(frame, func(m mark) { got = append(got, m) }); err != nil {
				t.Fatal(err)
			}
			if len(got) != len(sent) {
				t.Fatalf("%d of %d marks", len(got), len(sent))
			}
			for i := range got {
				if got[i] != sent[i] {
					t.Fatalf("%v instead of %v", got[i], sent[i])
				}
			}
		}
	}
}

func TestFramesThatAreCutOffAreAnError(t *testing.T) {
	frame := newTemplate(100, true).append(nil, mark{1, 1})
	for length := 1; length < len(frame); length++ {
		if err := readMarks(frame[:length], func(mark) { t.Fatal("a mark") }); err == nil {
			t.Fatalf("%d bytes are taken", length)
		}
	}
}
