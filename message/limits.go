package message

// Limits bounds what a [Parser] keeps of a message. A zero field takes the
// default that stands beside it. Beyond a limit the message is still accepted:
// its structure is told more coarsely.
type Limits struct {
	// Parts is the number of nodes in the part tree, containers included
	// (16384). When it is reached, the last part runs to the end.
	Parts int
	// Depth is how deep parts may nest (128). A multipart or message below
	// that is told as one application/octet-stream.
	Depth int
	// FieldBytes is how much of one header field is kept (256 KiB).
	FieldBytes int
	// PartHeaderBytes is how much is kept of the fields of one header (1 MiB).
	PartHeaderBytes int
	// HeaderBytes is how much is kept of the fields of all headers (8 MiB).
	HeaderBytes int
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Parts, 16384)
	set(&l.Depth, 128)
	set(&l.FieldBytes, 256<<10)
	set(&l.PartHeaderBytes, 1<<20)
	set(&l.HeaderBytes, 8<<20)
	return l
}
