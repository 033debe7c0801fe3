package main

import (
	"fmt"
	"net/netip"
	"syscall"
	"time"
	"unsafe"
)

// loop is one thread with one epoll set and one read buffer for all its connections. Goroutines
// would cost a wake-up a connection and a round: the client shares the machine with the servers that
// it measures.
type loop struct {
	epoll  int
	addr   syscall.SockaddrInet4
	conns  []*conn
	events [128]syscall.EpollEvent
	buffer [256 * 1024]byte
	// now is when the thread last woke up; all that is read after it counts as read then.
	now time.Duration
	// start is where the clock begins.
	start time.Time
}

// conn is a connection of a loop. Its callbacks run on the loop.
type conn struct {
	response
	loop *loop
	fd   int
	// slot is the place in loop.conns that epoll reports.
	slot     int
	unsent   []byte
	waiting  bool
	onClosed func(reason error)
}

const sysEpollPwait2 = 441

func newLoop(addr string) (*loop, error) {
	parsed, err := netip.ParseAddrPort(addr)
	if err != nil || !parsed.Addr().Is4() || !parsed.Addr().IsLoopback() {
		return nil, fmt.Errorf("address %q: want 127.x.y.z:port", addr)
	}
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l := &loop{epoll: epoll, start: time.Now()}
	l.addr = syscall.SockaddrInet4{Port: int(parsed.Port()), Addr: parsed.Addr().As4()}
	return l, nil
}

// clock reads the time anew; l.now is cheaper and good enough while reading.
func (l *loop) clock() time.Duration {
	l.now = time.Since(l.start)
	return l.now
}

// dial begins a connection and sends a request on it as soon as it stands.
func (l *loop) dial(request []byte) (*conn, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("TCP_NODELAY: %w", err)
	}
	if err := syscall.Connect(fd, &l.addr); err != nil && err != syscall.EINPROGRESS {
		syscall.Close(fd)
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &conn{loop: l, fd: fd, slot: len(l.conns), unsent: request, waiting: true}
	c.onBody = func([]byte) {}
	event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLOUT, Fd: int32(c.slot)}
	if err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	l.conns = append(l.conns, c)
	return c, nil
}

// send writes a request; the caller leaves it alone until the answer is there.
func (c *conn) send(request []byte) {
	n, err := syscall.Write(c.fd, request)
	if err != nil && err != syscall.EAGAIN {
		c.close(fmt.Errorf("send: %w", err))
		return
	}
	if n = max(n, 0); n < len(request) {
		c.unsent = request[n:]
		c.watch(true)
	}
}

// watch asks epoll to say when the socket takes bytes again, or no longer to.
func (c *conn) watch(writable bool) {
	if c.waiting == writable {
		return
	}
	c.waiting = writable
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(c.slot)}
	if writable {
		event.Events |= syscall.EPOLLOUT
	}
	if err := syscall.EpollCtl(c.loop.epoll, syscall.EPOLL_CTL_MOD, c.fd, &event); err != nil {
		c.close(fmt.Errorf("epoll: %w", err))
	}
}

func (c *conn) closed() bool { return c.fd < 0 }

// close ends the connection; onClosed hears the reason, nil when the loop's owner wanted it.
func (c *conn) close(reason error) {
	if c.closed() {
		return
	}
	syscall.Close(c.fd)
	c.fd = -1
	c.unsent = nil
	c.loop.conns[c.slot] = nil
	if reason != nil && c.onClosed != nil {
		c.onClosed(reason)
	}
}

// poll handles what is ready, waiting for it until the deadline at most.
func (l *loop) poll(until time.Duration) error {
	wait := max(until-l.clock(), 0)
	spec := syscall.NsecToTimespec(int64(wait))
	n, _, errno := syscall.Syscall6(sysEpollPwait2, uintptr(l.epoll), uintptr(unsafe.Pointer(&l.events[0])),
		uintptr(len(l.events)), uintptr(unsafe.Pointer(&spec)), 0, 0)
	l.clock()
	if errno == syscall.EINTR {
		return nil
	}
	if errno != 0 {
		return fmt.Errorf("epoll_pwait2: %w", errno)
	}
	for _, event := range l.events[:n] {
		if c := l.conns[event.Fd]; c != nil {
			c.handle(event.Events)
		}
	}
	return nil
}

func (c *conn) handle(events uint32) {
	if events&syscall.EPOLLOUT != 0 && c.waiting {
		c.flush()
	}
	if events&(syscall.EPOLLIN|syscall.EPOLLERR|syscall.EPOLLHUP) != 0 && !c.closed() {
		c.receive()
	}
}

func (c *conn) flush() {
	n, err := syscall.Write(c.fd, c.unsent)
	if err != nil && err != syscall.EAGAIN {
		c.close(fmt.Errorf("connect or send: %w", err))
		return
	}
	c.unsent = c.unsent[max(n, 0):]
	if len(c.unsent) == 0 {
		c.unsent = nil
		c.watch(false)
	}
}

func (c *conn) receive() {
	l := c.loop
	n, err := syscall.Read(c.fd, l.buffer[:])
	switch {
	case err == syscall.EAGAIN || err == syscall.EINTR:
	case err != nil:
		c.close(fmt.Errorf("read: %w", err))
	case n == 0:
		c.close(fmt.Errorf("the server closed the connection"))
	default:
		c.read(l.buffer[:n])
		if c.bad {
			c.close(fmt.Errorf("the server's answer is not HTTP/1.1"))
		}
	}
}

// closeAll ends every connection that is left.
func (l *loop) closeAll() {
	for _, c := range l.conns {
		if c != nil {
			c.close(nil)
		}
	}
	l.conns = nil
}
