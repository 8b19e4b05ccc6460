package admin

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/restante/restante/serve"
)

// requestTime is how long a client may take to send its request.
const requestTime = 30 * time.Second

// Handle serves one connection of the administration socket. Who may open the
// socket may do everything: its file mode is the guard.
func (o Operations) Handle(ctx context.Context, c *serve.Conn) {
	c.SetReadDeadline(time.Now().Add(requestTime))
	limited := &io.LimitedReader{R: c, N: maxRequest}
	r := bufio.NewReader(limited)
	line, err := r.ReadBytes('\n')
	if errors.Is(err, io.EOF) && len(line) == 0 {
		return // someone looked whether anybody is here
	}
	var req request
	if err == nil {
		err = json.Unmarshal(line, &req)
	}
	w := json.NewEncoder(c)
	if err != nil {
		w.Encode(response{Error: fmt.Sprintf("request cannot be read: %v", err), Kind: "invalid", Done: true})
		return
	}
	c.SetReadDeadline(time.Time{})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	x := Exchange{Body: strings.NewReader(""), Event: func(e any) error {
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		return w.Encode(response{Event: raw})
	}}
	if req.Body {
		limited.N = math.MaxInt64
		x.Body = r
	} else {
		go func() { // ends when the connection is closed, by either side
			io.Copy(io.Discard, c)
			cancel()
		}()
	}
	out, err := o.run(ctx, req.Op, req.In, x)
	io.Copy(io.Discard, x.Body) // what an operation that failed has left
	last := response{Done: true}
	if err == nil {
		last.Out, err = json.Marshal(out)
	}
	if err != nil {
		last.Error, last.Kind = err.Error(), kindOf(err)
		c.Logger().Info("administration failed", "op", req.Op, "error", err)
	} else {
		c.Logger().Debug("administration", "op", req.Op)
	}
	w.Encode(last) // a client that has gone does not want it
}
