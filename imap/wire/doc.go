// Package wire reads and writes the tokens of IMAP (RFC 9051 §4, §9). [Decoder]
// is the lexer of what clients send: bounded in everything, reading ahead by
// whole lines, with methods named after the grammar and one sticky error.
// [Encoder] builds what clients are answered in one buffer that its owner
// flushes. Neither opens anything.
package wire
