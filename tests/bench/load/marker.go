package main

import "bytes"

// A marker stands in the payload of every message: a byte that occurs nowhere else in the streams
// of any server here, the message's number and its send time. Its length is fixed, so a request is
// a template in which the marker is overwritten, whatever the API around it.
const (
	markerByte   = '~'
	seqDigits    = 8
	timeDigits   = 16
	markerLength = 1 + seqDigits + timeDigits
)

// uncountedSeq numbers messages that no subscriber counts: a server may show the last of them to
// those that come later.
const uncountedSeq = 0xffffffff

const hexDigits = "0123456789abcdef"

// putMarker overwrites a marker's digits; at is the place of its first byte.
func putMarker(text []byte, at int, seq uint32, nanos int64) {
	putHex(text[at+1:at+1+seqDigits], uint64(seq))
	putHex(text[at+1+seqDigits:at+markerLength], uint64(nanos))
}

func putHex(into []byte, value uint64) {
	for i := len(into) - 1; i >= 0; i-- {
		into[i] = hexDigits[value&15]
		value >>= 4
	}
}

// markersIn gives the places of all markers of a template.
func markersIn(template []byte) []int {
	var places []int
	for at := 0; ; at += markerLength {
		next := bytes.IndexByte(template[at:], markerByte)
		if next < 0 || at+next+markerLength > len(template) {
			return places
		}
		at += next
		places = append(places, at)
	}
}

// scanner finds markers in a body that comes in arbitrary pieces.
type scanner struct {
	carry [markerLength]byte
	held  int
}

// scan calls found for each marker that is complete with this piece.
func (s *scanner) scan(piece []byte, found func(seq uint32, nanos int64)) {
	if s.held > 0 {
		n := copy(s.carry[s.held:], piece)
		s.held += n
		piece = piece[n:]
		if s.held < markerLength {
			return
		}
		s.held = 0
		report(s.carry[:], found)
	}
	for {
		at := bytes.IndexByte(piece, markerByte)
		if at < 0 {
			return
		}
		piece = piece[at:]
		if len(piece) < markerLength {
			s.held = copy(s.carry[:], piece)
			return
		}
		report(piece, found)
		piece = piece[markerLength:]
	}
}

func report(marker []byte, found func(uint32, int64)) {
	seq, okSeq := hex(marker[1 : 1+seqDigits])
	nanos, okTime := hex(marker[1+seqDigits : markerLength])
	if okSeq && okTime {
		found(uint32(seq), int64(nanos))
	}
}

func hex(digits []byte) (value uint64, ok bool) {
	for _, digit := range digits {
		switch {
		case digit >= '0' && digit <= '9':
			value = value<<4 | uint64(digit-'0')
		case digit >= 'a' && digit <= 'f':
			value = value<<4 | uint64(digit-'a'+10)
		default:
			return 0, false
		}
	}
	return value, true
}
