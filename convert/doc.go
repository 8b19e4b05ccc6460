// Package convert turns the content of a message's part into another form: text
// into another charset, HTML into plain text, images into another size or
// format. What it can do is listed by [Conversions]; what goes wrong is an
// *[Error], which says by which parameters.
//
// Whatever the content, a conversion takes bounded memory and time: see [Limits].
package convert
