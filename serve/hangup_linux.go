package serve

import "golang.org/x/sys/unix"

// peerState looks at a connection without reading from it.
func peerState(fd int) connState {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	if n, err := unix.Poll(p, 0); n == 0 || err != nil {
		return connected
	}
	if p[0].Revents&(unix.POLLHUP|unix.POLLERR|unix.POLLNVAL) != 0 {
		return gone
	}
	return unread(fd)
}
