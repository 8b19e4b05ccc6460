package pgkv

import (
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// errUnreplicated says that the database has ended a commit's wait for the standby, as
// an administrator can have it do with pg_cancel_backend: the commit is done, and
// PostgreSQL answers as if nothing were wrong, though only the primary has it. So its
// outcome is not known yet (see Store.settle).
var errUnreplicated = errors.New("the wait for the standby was cancelled")

// unreplicated is the key of a connection's CustomData under which the notice of this is.
const unreplicated = "restante: unreplicated"

// routineOfWait is where in PostgreSQL the notice comes from. It has no code of its own,
// and its text is in the language of the server.
const routineOfWait = "SyncRepWaitForLSN"

// noteUnreplicated is a pgconn.NoticeHandler, called while an answer is read.
func noteUnreplicated(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.Routine == routineOfWait {
		c.CustomData()[unreplicated] = true
	}
}

// replicated answers errUnreplicated if there was such a notice since it was last asked.
func replicated(c *pgx.Conn) error {
	if _, was := c.PgConn().CustomData()[unreplicated]; was {
		delete(c.PgConn().CustomData(), unreplicated)
		return errUnreplicated
	}
	return nil
}
