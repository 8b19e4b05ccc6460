package serve

import (
	"context"
	"syscall"
	"time"
)

// AwaitHangUp blocks until the client is known to have left, or ctx ends, and
// reports which. It reads nothing, so that what the client has sent stays for Read;
// nobody may read meanwhile, and the read deadline is another one afterwards.
//
// A client that has ended its side in cleartext may still be waiting for answers,
// as scripts do that send all their commands and then their end. So where commands
// are unread it counts as being there; more says that the caller has read some that
// are still to be done. Under TLS what is unread at the end is
// mostly goodbye, and nobody ends one side alone.
func (c *Conn) AwaitHangUp(ctx context.Context, more bool) bool {
	network, ok := c.raw.Conn.(syscall.Conn)
	if !ok {
		<-ctx.Done()
		return false
	}
	raw, err := network.SyscallConn()
	if err != nil || c.SetReadDeadline(time.Time{}) != nil {
		return true // it is closed
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		// Fails for a connection that is closed, where nothing waits either.
		_ = c.SetReadDeadline(time.Unix(1, 0))
	})
	state := connected
	err = raw.Read(func(fd uintptr) bool {
		state = peerState(int(fd))
		return state != connected
	})
	if !stop() {
		<-ended
	}
	switch {
	case ctx.Err() != nil:
		return false
	case err != nil || c.tls != nil || state == gone && !more:
		return true
	}
	<-ctx.Done()
	return false
}

// connState is what the system knows of the other side of a connection.
type connState uint8

const (
	connected  connState = iota
	halfClosed           // it has ended its side, behind bytes that are unread
	gone                 // it has ended its side, or the connection
)
