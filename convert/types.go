package convert

import (
	"slices"
	"strings"
)

// The conversion parameters that are known (RFC 5259 §7, §12.1), in lower case as
// all names of parameters and media types here.
const (
	paramCharset     = "charset"
	paramReplacement = "unknown-character-replacement"
	paramWidth       = "pix-x"
	paramHeight      = "pix-y"
)

// Conversion says that one media type can be made of another, and what parameters
// that takes.
type Conversion struct {
	From, To string
	Params   []string
}

var (
	textTypes  = [...]string{"text/plain", "text/html", "text/css", "text/csv", "text/enriched", "text/xml", "text/calendar", "text/markdown"}
	imageTypes = [...]string{typeJPEG, typePNG, typeGIF, typeWebP}
)

const (
	typePlain = "text/plain"
	typeHTML  = "text/html"
	typeXHTML = "application/xhtml+xml"
	typeJPEG  = "image/jpeg"
	typePNG   = "image/png"
	typeGIF   = "image/gif"
	typeWebP  = "image/webp"
)

// ImageFormat is one in which images are written.
type ImageFormat uint8

// The formats.
const (
	JPEG ImageFormat = iota
	PNG
	GIF
	WebP
)

// MediaType gives the format's media type.
func (f ImageFormat) MediaType() string { return imageTypes[f] }

// ImageFormatOf gives the format of a media type, if images are written in it.
func ImageFormatOf(mediaType string) (ImageFormat, bool) {
	i := slices.Index(imageTypes[:], mediaType)
	return ImageFormat(max(i, 0)), i >= 0
}

// Conversions lists what can be done, source by source, the target that is taken
// by default first.
func Conversions() []Conversion {
	text := []string{paramCharset, paramReplacement}
	image := []string{paramWidth, paramHeight}
	var all []Conversion
	for _, from := range textTypes {
		if from != "text/enriched" {
			all = append(all, Conversion{from, typePlain, text})
		}
		if from != typePlain {
			all = append(all, Conversion{from, from, text})
		}
	}
	all = append(all, Conversion{typeXHTML, typePlain, text})
	for _, from := range imageTypes {
		for _, to := range imageTypes {
			all = append(all, Conversion{from, to, image})
		}
	}
	return all
}

// Matches reports whether a media type is one that the pattern, "*", "type/*" or
// a media type, stands for. Case does not matter.
func Matches(pattern, mediaType string) bool {
	if pattern == "*" {
		return true
	}
	if kind, is := strings.CutSuffix(pattern, "/*"); is {
		have, _, _ := strings.Cut(mediaType, "/")
		return strings.EqualFold(kind, have)
	}
	return strings.EqualFold(pattern, mediaType)
}

// canonical gives the name under which a source is known here.
func canonical(mediaType string) string {
	switch mediaType = strings.ToLower(mediaType); mediaType {
	case "image/jpg", "image/pjpeg":
		return typeJPEG
	case "image/x-png":
		return typePNG
	case "text/x-html":
		return typeHTML
	case "application/xml":
		return "text/xml"
	}
	return mediaType
}

// Targets gives the media types that can be made of a source by a request, of
// which the target may be empty, the default first. If there are none the error
// is an *[Error] that tells why. Nothing is read for it.
func (c *Converter) Targets(from string, r Request) ([]string, error) {
	from = canonical(from)
	var targets []string
	var refused *Error
	for _, t := range c.table {
		if t.From != from || r.Target != "" && t.To != r.Target {
			continue
		}
		if err := r.check(t); err != nil {
			if refused == nil {
				refused = err
			}
			continue
		}
		targets = append(targets, t.To)
	}
	switch {
	case len(targets) > 0:
		return targets, nil
	case refused != nil:
		return nil, refused
	}
	to := r.Target
	if to == "" {
		to = c.defaultOf(from)
	}
	return nil, &Error{Kind: BadParameters, Text: "This conversion is not possible", From: from, To: to}
}

// defaultOf gives the target that a source of that kind has by default, also one
// that cannot be converted.
func (c *Converter) defaultOf(from string) string {
	if strings.HasPrefix(from, "image/") {
		return c.options.Image.MediaType()
	}
	return typePlain
}
