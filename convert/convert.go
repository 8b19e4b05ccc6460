package convert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/semaphore"
)

// Options configure a [Converter].
type Options struct {
	// Image is the format that images are converted to where the client leaves
	// the choice.
	Image  ImageFormat
	Limits Limits
}

// Limits bound what conversions take. A zero field means the default given with
// it.
type Limits struct {
	// Text is the size of a text that is converted, in bytes. 4 MiB.
	Text int64
	// Image is the size of an image that is converted, as a file in bytes. 32 MiB.
	Image int64
	// Memory is what all conversions under way may take together, in bytes as
	// they are reckoned before the work begins. More of them wait; one that would
	// take more alone is refused. 256 MiB.
	Memory int64
	// Time is how long one conversion may take with its waiting. 20 seconds.
	Time time.Duration
}

// Converter does conversions. Its methods may be called concurrently.
type Converter struct {
	options Options
	table   []Conversion
	memory  *semaphore.Weighted
}

// New gives a converter.
func New(o Options) *Converter {
	l := &o.Limits
	orDefault(&l.Text, 4<<20)
	orDefault(&l.Image, 32<<20)
	orDefault(&l.Memory, 256<<20)
	if l.Time == 0 {
		l.Time = 20 * time.Second
	}
	c := &Converter{options: o, memory: semaphore.NewWeighted(l.Memory)}
	for _, first := range [...]bool{true, false} {
		for _, t := range Conversions() {
			if (t.To == o.Image.MediaType()) == first {
				c.table = append(c.table, t)
			}
		}
	}
	return c
}

func orDefault(v *int64, d int64) {
	if *v == 0 {
		*v = d
	}
}

// Source is what is converted.
type Source struct {
	Type    string // media type without parameters
	Charset string // of a text, as the message names it; "" where it names none
	// Size is how many bytes of content there are at most; 0: that is not known.
	Size int64
	// Open gives the content without its transfer encoding, from its beginning. It may be
	// called twice.
	Open func() (io.Reader, error)
}

// Request is what a client wants made of a source.
type Request struct {
	Target string // media type in lower case; "" leaves the choice
	Params []Param
}

// Param is a parameter; its name is in lower case.
type Param struct{ Name, Value string }

// get gives a parameter's value.
func (r *Request) get(name string) (string, bool) {
	for _, p := range r.Params {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Result is a content that was converted.
type Result struct {
	Type   string  // media type
	Params []Param // of the media type
	Body   []byte
}

// Convert does a conversion. The error is an *[Error], that of the source's
// reader, or of ctx.
func (c *Converter) Convert(ctx context.Context, src Source, r Request) (Result, error) {
	targets, err := c.Targets(src.Type, r)
	if err != nil {
		return Result{}, err
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Limits.Time)
	defer cancel()
	j := job{c: c, ctx: limited, src: src, from: canonical(src.Type), to: targets[0], request: r}
	defer j.release()
	var result Result
	if strings.HasPrefix(j.to, "image/") {
		result, err = j.image()
	} else {
		result, err = j.text()
	}
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return Result{}, &Error{Kind: TempFail, Text: "This takes too long now", From: j.from, To: j.to, Minutes: 1}
	}
	return result, err
}

// job is one conversion.
type job struct {
	c        *Converter
	ctx      context.Context
	src      Source
	from, to string
	request  Request
	held     int64 // of Converter.memory
}

// hold waits until there is memory for so many bytes more.
func (j *job) hold(bytes int64) error {
	if j.held+bytes > j.c.options.Limits.Memory {
		return j.fail("This is too large to be converted")
	}
	if err := j.c.memory.Acquire(j.ctx, bytes); err != nil {
		return err
	}
	j.held += bytes
	return nil
}

func (j *job) release() {
	j.c.memory.Release(j.held)
	j.held = 0
}

// load gives the content, of which there may be so many bytes, and holds the memory that
// need reckons for it and for its conversion. The content is counted before it is read. If
// there is no room for the rest now it is let go while the job waits, so that nobody waits
// for another one and nothing is in memory that is not counted.
func (j *job) load(most int64, need func(content []byte) (int64, error)) ([]byte, error) {
	size := most
	if j.src.Size > 0 {
		size = min(size, j.src.Size)
	}
	if err := j.hold(size); err != nil {
		return nil, err
	}
	content, err := j.read(most, size)
	if err != nil {
		return nil, err
	}
	all, err := need(content)
	if err != nil || all <= j.held {
		return content, err
	}
	if all <= j.c.options.Limits.Memory && j.c.memory.TryAcquire(all-j.held) {
		j.held = all
		return content, nil
	}
	content = nil
	j.release()
	if err := j.hold(all); err != nil {
		return nil, err
	}
	return j.read(most, size)
}

// read gives the content, of which there may be most bytes and are size at most.
func (j *job) read(most, size int64) ([]byte, error) {
	r, err := j.src.Open()
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := b.ReadFrom(io.LimitReader(&contextReader{j.ctx, r}, most+1)); err != nil {
		return nil, err
	}
	if int64(b.Len()) > most {
		return nil, j.fail("This is too large to be converted")
	}
	return b.Bytes(), nil
}

// fail gives an error for good of this conversion; params are those that it could
// be done without.
func (j *job) fail(text string, params ...Param) error {
	return &Error{Kind: BadParameters, Text: text, From: j.from, To: j.to, Params: params}
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// ErrorKind says what a client can do about an [Error] (RFC 5259 §9).
type ErrorKind uint8

// The kinds.
const (
	BadParameters     ErrorKind = iota // not with these parameters, or not at all
	MissingParameters                  // only with more parameters
	TempFail                           // later perhaps
)

// Error says why a conversion failed. Text is for the client's user.
type Error struct {
	Kind     ErrorKind
	Text     string
	From, To string   // media types
	Params   []Param  // of BadParameters: those that are to blame; none: the conversion is not possible
	Missing  []string // of MissingParameters: their names
	Minutes  int      // of TempFail: when to try again
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("convert %s to %s: %s", e.From, e.To, e.Text)
}

// As gives the *[Error] in err, if there is one.
func As(err error) (*Error, bool) {
	var e *Error
	return e, errors.As(err, &e)
}
