package pgkv

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE codes that decide what is done (PostgreSQL's Appendix A).
const (
	codeDivisionByZero   = "22012" // sqlNext: the partition is not at its base
	codeUniqueViolation  = "23505" // sqlFirst: the partition is there
	codeNegativeRoot     = "2201F" // sqlExpect: a range has a row
	codeReadOnly         = "25006" // a standby, or a primary that was one a moment ago
	codeSerialization    = "40001"
	codeDeadlock         = "40P01"
	codeLockTimeout      = "55P03" // see ofWriters
	codeUnknownStatement = "40003" // statement_completion_unknown
	codeDiskFull         = "53100"
	classResources       = "53" // no memory, too many connections
	classOperator        = "57" // shutting down, starting up
	classConnection      = "08"
)

// connectError says that no connection was had, so that nothing was done.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

// Error puts what was met at each address into one line.
func (e *connectError) Error() string { return strings.ReplaceAll(e.error.Error(), "\n\t", " ") }

// errPassword says that the password cannot be had, which no waiting mends.
var errPassword = errors.New("pgkv: no password")

// lostError says that the connection broke while it was used.
type lostError struct{ error }

func (e *lostError) Unwrap() error { return e.error }

// transient reports whether the call that met err may well succeed later on
// another connection.
func transient(err error) bool {
	if errors.Is(err, errPassword) {
		return false
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		if pg.Code == codeDiskFull {
			return false
		}
		return pg.Code == codeReadOnly || pg.Code == codeSerialization || pg.Code == codeDeadlock ||
			pg.Code == codeUnknownStatement || pg.Code == codeLockTimeout || strings.HasPrefix(pg.Code, classOperator) ||
			strings.HasPrefix(pg.Code, classConnection) || strings.HasPrefix(pg.Code, classResources)
	}
	var connect *connectError
	var gone *lostError
	return errors.As(err, &connect) || errors.As(err, &gone) || errors.Is(err, errUnreplicated)
}

// undone reports whether a commit that ended in err has certainly not been
// done: nothing was sent, or the database says that it took all of it back. The
// codes of shutting down do not say so, because a commit that waits for a standby
// is done here already.
func undone(err error) bool {
	var connect *connectError
	if errors.As(err, &connect) || pgconn.SafeToRetry(err) {
		return true
	}
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code != codeUnknownStatement && !strings.HasPrefix(pg.Code, classOperator) &&
		!strings.HasPrefix(pg.Code, classConnection)
}

// code gives the SQLSTATE of err, "" where it has none.
func code(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}
