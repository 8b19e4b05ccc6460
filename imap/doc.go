// Package imap holds the words of IMAP that the lexer, the commands and the
// server share: number sets, flags, mailbox names, dates, fetch items, search
// programs and response codes (RFC 9051, RFC 3501 and their extensions). It
// opens nothing and knows no connection.
package imap
