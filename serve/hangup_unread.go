package serve

import "golang.org/x/sys/unix"

// unread tells the state of a connection whose other side has ended, or of which
// that is not known: halfClosed if there is something to be read.
func unread(fd int) connState {
	var b [1]byte
	n, _, err := unix.Recvfrom(fd, b[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return connected
	case err != nil || n == 0:
		return gone
	}
	return halfClosed
}
