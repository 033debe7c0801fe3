package main

import (
	"bytes"
	"fmt"
	"testing"
)

func TestScannerFindsEveryMarkerWhereverTheBodyIsCut(t *testing.T) {
	template := []byte(`{"a":"~000000000000000000000000"}{"b":"~000000000000000000000000"}`)
	places := markersIn(template)
	if len(places) != 2 {
		t.Fatalf("markers at %v", places)
	}
	putMarker(template, places[0], 7, 1)
	putMarker(template, places[1], 0xffffffff, 0x7fffffffffffffff)
	want := "7:1 4294967295:9223372036854775807 "
	for first := 0; first <= len(template); first++ {
		for second := first; second <= len(template); second++ {
			var s scanner
			var got bytes.Buffer
			for _, piece := range [][]byte{template[:first], template[first:second], template[second:]} {
				s.scan(piece, func(seq uint32, nanos int64) { fmt.Fprintf(&got, "%d:%d ", seq, nanos) })
			}
			if got.String() != want {
				t.Fatalf("cut at %d and %d: %q", first, second, got.String())
			}
		}
	}
}

func TestMarkersInLeavesOutOneThatIsTooShort(t *testing.T) {
	if places := markersIn([]byte("~0123")); len(places) != 0 {
		t.Fatalf("markers at %v", places)
	}
}
