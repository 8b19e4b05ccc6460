// Package message reads Internet messages (RFC 5322) and MIME (RFC 2045–2049,
// 2183, 2231) for a mailbox server. It never refuses a message: any bytes have
// a header, a structure and parts.
//
// A [Parser] takes a message in pieces of any size and keeps only its header
// fields and the tree of part offsets, so that memory stays bounded whatever
// the message. The result, a [Message], is turned once into a [Summary]: the
// row that the store keeps, from which ENVELOPE, BODYSTRUCTURE, sort keys,
// search texts and section offsets are read without parsing again.
//
// On what the standards leave open (missing or repeated boundaries, bare LF,
// 8-bit headers, broken addresses) the package does what Dovecot and Cyrus do,
// because mail clients have been tested against those.
//
// The package opens nothing and imports no protocol or storage package.
package message
