// Package load works on servers as many clients at once do, remembers what was
// acknowledged to each of them, and compares it with what the server has.
//
// Workers, keepers and deliverers share accounts but each changes messages or
// mailboxes of its own, so that what is there can be told from what each of them
// knows.
package load
