// Package search compares text as IMAP's SEARCH and SORT ask: without case and
// by canonical form, after i;unicode-casemap (RFC 5051), on substrings.
//
// [Fold] brings text into the form in which octets compare. A [Matcher] looks
// for several needles at once in folded text or in a stream, in memory that
// does not grow with the stream.
package search
