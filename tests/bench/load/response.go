package main

import (
	"bytes"
	"strconv"
)

// response reads HTTP/1.1 answers from arbitrary pieces: head, then a body by Content-Length, in
// chunks (RFC 9112 §7.1) or until the connection closes. Many servers put a whole message into each
// chunk, but not all and not always, so chunk lines are taken out before anything looks at the body.
type response struct {
	status int
	// onHead and onEnd may be nil.
	onHead func()
	onBody func(piece []byte)
	onEnd  func()

	head      []byte
	state     responseState
	remaining int
	digits    int
	bad       bool
}

type responseState int

const (
	inHead responseState = iota
	inLength
	untilClose
	chunkSize
	chunkExtension
	chunkData
	chunkEnd
	lastChunkEnd
)

const maxHead = 16 * 1024

// read takes the next piece. What does not follow the protocol sets bad.
func (r *response) read(piece []byte) {
	for len(piece) > 0 && !r.bad {
		switch r.state {
		case inHead:
			piece = r.readHead(piece)
		case inLength, chunkData:
			n := min(r.remaining, len(piece))
			r.remaining -= n
			r.onBody(piece[:n])
			piece = piece[n:]
			if r.remaining > 0 {
				continue
			}
			if r.state == inLength {
				r.end()
			} else {
				r.state, r.remaining = chunkEnd, 2
			}
		case untilClose:
			r.onBody(piece)
			return
		case chunkSize:
			r.readChunkSize(piece[0])
			piece = piece[1:]
		case chunkExtension:
			if piece[0] == '\n' {
				r.beginChunk()
			}
			piece = piece[1:]
		case chunkEnd, lastChunkEnd:
			piece = r.skip(piece)
		}
	}
}

func (r *response) readHead(piece []byte) []byte {
	r.head = append(r.head, piece...)
	end := bytes.Index(r.head, []byte("\r\n\r\n"))
	if end < 0 {
		r.bad = len(r.head) > maxHead
		return nil
	}
	// The head ended within this piece, so what follows it is this piece's tail.
	rest := piece[len(piece)-(len(r.head)-end-len("\r\n\r\n")):]
	lines := bytes.Split(r.head[:end], []byte("\r\n"))
	r.head = r.head[:0]
	fields := bytes.Fields(lines[0])
	if len(fields) < 2 {
		r.bad = true
		return nil
	}
	status, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		r.bad = true
		return nil
	}
	r.status, r.state = status, untilClose
	if status == 204 || status == 304 {
		r.state, r.remaining = inLength, 0
	}
	for _, line := range lines[1:] {
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			r.remaining, err = strconv.Atoi(string(value))
			r.bad = r.bad || err != nil
			r.state = inLength
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			r.state, r.remaining, r.digits = chunkSize, 0, 0
		}
	}
	if r.onHead != nil {
		r.onHead()
	}
	if r.state == inLength && r.remaining == 0 {
		r.end()
	}
	return rest
}

func (r *response) readChunkSize(char byte) {
	switch {
	case char == '\r' || char == ';' || char == ' ':
		r.state = chunkExtension
		r.bad = r.digits == 0
	default:
		value, ok := hex([]byte{char | 0x20})
		r.bad = !ok || r.digits == 7
		r.remaining = r.remaining<<4 | int(value)
		r.digits++
	}
}

func (r *response) beginChunk() {
	r.digits = 0
	if r.remaining > 0 {
		r.state = chunkData
		return
	}
	r.state, r.remaining = lastChunkEnd, 2
}

// skip passes over the line end behind a chunk.
func (r *response) skip(piece []byte) []byte {
	n := min(r.remaining, len(piece))
	r.remaining -= n
	if r.remaining == 0 {
		if r.state == lastChunkEnd {
			r.end()
		} else {
			r.state = chunkSize
		}
	}
	return piece[n:]
}

// end makes ready for the next answer on the same connection.
func (r *response) end() {
	r.state, r.remaining, r.digits = inHead, 0, 0
	if r.onEnd != nil {
		r.onEnd()
	}
}
