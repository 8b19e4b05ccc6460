package serve

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// unixPrefix marks the address of a Unix socket.
const unixPrefix = "unix:"

func listen(l Listener) (net.Listener, error) {
	path, isUnix := strings.CutPrefix(l.Addr, unixPrefix)
	if !isUnix {
		nl, err := net.Listen("tcp", l.Addr)
		if err != nil {
			return nil, fmt.Errorf("cannot listen for %s: %w", l.Protocol, err)
		}
		return nl, nil
	}
	mode := l.SocketMode
	if mode == 0 {
		mode = 0o600
	}
	return ListenUnix(path, mode)
}

// ListenUnix listens on a Unix socket of the given file mode. A socket that a
// dead process has left is replaced; one that somebody answers on, or a file
// of another kind, is an error. The socket is made under another name and
// renamed, so that it never has another mode. Closing the listener removes it.
func ListenUnix(path string, mode os.FileMode) (net.Listener, error) {
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	temporary := path + ".new"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	nl, err := net.ListenUnix("unix", &net.UnixAddr{Name: temporary, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", path, err)
	}
	nl.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(temporary, mode), os.Rename(temporary, path)); err != nil {
		nl.Close()
		os.Remove(temporary)
		return nil, fmt.Errorf("cannot make the socket %s: %w", path, err)
	}
	info, err := os.Lstat(path)
	if err != nil {
		nl.Close()
		return nil, err
	}
	return &unixListener{UnixListener: nl, addr: net.UnixAddr{Name: path, Net: "unix"}, info: info}, nil
}

func clearSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return fmt.Errorf("cannot make the socket %s: %w", path, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s exists and is not a socket", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var d net.Dialer
	if c, err := d.DialContext(ctx, "unix", path); err == nil {
		c.Close()
		return fmt.Errorf("socket %s is in use by another process", path)
	} else if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("socket %s cannot be taken over: %w", path, err)
	}
	return os.Remove(path)
}

// unixListener removes its socket when it is closed, unless somebody has put
// another one there.
type unixListener struct {
	*net.UnixListener
	addr net.UnixAddr
	info os.FileInfo
}

func (l *unixListener) Addr() net.Addr { return &l.addr }

func (l *unixListener) Close() error {
	if info, err := os.Lstat(l.addr.Name); err == nil && os.SameFile(info, l.info) {
		os.Remove(l.addr.Name)
	}
	return l.UnixListener.Close()
}
