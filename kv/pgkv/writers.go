package pgkv

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// ofWriters makes connections fit for commits.
//
// A connection that is given up is closed by pgx, which has the server cancel what it
// was doing. A commit that waits for a standby must not be cancelled: PostgreSQL
// then ends the wait and shows the commit to all, though only the primary has it, and
// what others read of it is gone if the standby takes over. So the server is
// left to finish the commit by itself. Where it is waiting for the row's lock
// instead, lockTime ends that, so that commits that nobody waits for any more do not
// pile up.
func ofWriters(c *pgxpool.Config, lockTime time.Duration) {
	c.ConnConfig.RuntimeParams["lock_timeout"] = strconv.FormatInt(lockTime.Milliseconds(), 10)
	dial := c.ConnConfig.DialFunc
	c.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if network == (noAddr{}).Network() {
			return nil, errNoCancel
		}
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &uncancelled{conn}, nil
	}
}

var errNoCancel = errors.New("pgkv: commits are not cancelled")

// uncancelled is a connection that does not tell where it leads to, which is where
// pgx would send a request to cancel.
type uncancelled struct{ net.Conn }

func (*uncancelled) RemoteAddr() net.Addr { return noAddr{} }

type noAddr struct{}

func (noAddr) Network() string { return "none" }
func (noAddr) String() string  { return "none" }

// hangUp ends a connection that pgx has given up, for which it would wait many seconds
// to hear of the server, and the pool with it.
func hangUp(c *pgx.Conn) {
	conn := c.PgConn().Conn()
	if over, ok := conn.(*tls.Conn); ok {
		conn = over.NetConn() // nothing more is said, TLS's goodbye neither
	}
	conn.Close()
}
