package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"
)

// Client calls operations of a running server over its socket.
type Client struct{ Socket string }

// ErrNoServer is what Call answers when no server listens on the socket.
var ErrNoServer = errors.New("no server is running")

// Running reports whether a server listens on the socket. It answers an error
// if that cannot be told, for want of permission.
func (c Client) Running(ctx context.Context) (bool, error) {
	conn, err := c.dial(ctx)
	if errors.Is(err, ErrNoServer) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, conn.Close()
}

func (c Client) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", c.Socket)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNoServer
	}
	if err != nil {
		return nil, fmt.Errorf("administration socket: %w", err)
	}
	return conn, nil
}

// Call runs an operation in the server. It ends the operation when ctx ends or
// event answers an error, which Call then answers.
func (c Client) Call(ctx context.Context, op string, in any, event func(json.RawMessage) error, out any) error {
	return c.call(ctx, op, in, nil, event, out)
}

// Upload runs an operation in the server that reads body.
func (c Client) Upload(ctx context.Context, op string, in any, body io.Reader, out any) error {
	return c.call(ctx, op, in, body, nil, out)
}

// call sends a request, and the body behind it if there is one, and gives event what is
// told on the way; out takes what the server answers in the end.
func (c Client) call(ctx context.Context, op string, in any, body io.Reader, event func(json.RawMessage) error, out any) error {
	conn, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(conn).Encode(request{op, raw, body != nil}); err != nil {
		return fmt.Errorf("administration socket: %w", err)
	}
	var own bodyError
	if err := sendBody(conn, body); errors.As(err, &own) {
		return own.error
	} // else the server has stopped reading and says why
	d := json.NewDecoder(bufio.NewReader(conn))
	for {
		var r response
		if err := d.Decode(&r); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if errors.Is(err, io.EOF) {
				err = errors.New("the server has ended the connection")
			}
			return fmt.Errorf("administration socket: %w", err)
		}
		switch {
		case r.Error != "":
			return &remoteError{r.Error, kinds()[r.Kind]}
		case r.Done:
			if out == nil {
				return nil
			}
			return json.Unmarshal(r.Out, out)
		case event != nil:
			if err := event(r.Event); err != nil {
				return err
			}
		}
	}
}

// bodyError is a failure of the body that was to be sent.
type bodyError struct{ error }

// bodyReader marks the errors of a body, to tell them from the connection's.
type bodyReader struct{ r io.Reader }

func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError{err}
	}
	return n, err
}

// sendBody sends what an operation reads and then shuts this side down.
func sendBody(conn net.Conn, body io.Reader) error {
	if body == nil {
		return nil
	}
	if _, err := io.Copy(conn, bodyReader{body}); err != nil {
		return err
	}
	if half, ok := conn.(*net.UnixConn); ok {
		return half.CloseWrite()
	}
	return nil
}
