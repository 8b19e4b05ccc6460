package restante

import "errors"

// Error kinds. Packages below the front-ends wrap them with %w and say what
// happened; a front-end maps a kind to its protocol's code in one place and
// tells the client nothing of the inner text.
var (
	ErrNotFound       = errors.New("not found")
	ErrExists         = errors.New("already exists")
	ErrNotPermitted   = errors.New("not permitted")
	ErrInvalid        = errors.New("invalid")              // the request can never succeed as it is
	ErrLimit          = errors.New("limit exceeded")       // a configured bound
	ErrOverQuota      = errors.New("over quota")           // the account's own quota
	ErrTooLarge       = errors.New("too large")            // one message above the size limit
	ErrExpunged       = errors.New("message is gone")      // content removed under the reader
	ErrHasChildren    = errors.New("mailbox has children") // RFC 5530 HASCHILDREN
	ErrNoSpace        = errors.New("no space left in the store")
	ErrUnavailable    = errors.New("temporarily unavailable")
	ErrCorrupt        = errors.New("store is damaged")
	ErrAuthFailed     = errors.New("authentication failed")
	ErrUnknownCharset = errors.New("unknown charset")
)
