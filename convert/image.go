package convert

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/HugoSmits86/nativewebp"
	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// longestSide is how long a side of an image may be asked to be: what WebP has.
	longestSide = 16383
	// quality is that of JPEG, of 100.
	quality = 85
)

// image converts an image.
func (j *job) image() (Result, error) {
	limits := j.c.options.Limits
	f := formatOf(j.from)
	var have, size image.Point
	var turn turn
	file, err := j.load(min(limits.Image, limits.Memory/4), func(file []byte) (int64, error) {
		config, err := f.config(bytes.NewReader(file))
		if err != nil || config.Width <= 0 || config.Height <= 0 {
			return 0, j.fail("This image cannot be read")
		}
		have, turn = image.Pt(config.Width, config.Height), orientation(file, j.from)
		size = j.wanted(turn.size(have))
		if size.X > longestSide || size.Y > longestSide {
			return 0, j.fail("The image would be too large", j.request.Params...)
		}
		return int64(len(file)) + f.memory(file, config) + scaleMemory(have, turn.size(size)) + j.encodeMemory(size), nil
	})
	if err != nil {
		return Result{}, err
	}
	img, err := f.decode(&contextReader{j.ctx, bytes.NewReader(file)})
	if err != nil && j.ctx.Err() == nil {
		return Result{}, j.fail("This image cannot be read")
	}
	if err := j.ctx.Err(); err != nil {
		return Result{}, err
	}
	img = turn.apply(scaled(whole(img, have), turn.size(size)))
	var out bytes.Buffer
	if err := j.write(&contextWriter{j.ctx, &out}, img); err != nil {
		return Result{}, err
	}
	return Result{Type: j.to, Body: out.Bytes()}, nil
}

// whole puts the first picture of a GIF, which may be smaller, where it belongs.
func whole(img image.Image, size image.Point) image.Image {
	frame := image.Rectangle{Max: size}
	if img.Bounds() == frame {
		return img
	}
	out := image.NewNRGBA(frame)
	draw.Draw(out, img.Bounds(), img, img.Bounds().Min, draw.Src)
	return out
}

// wanted gives the size that is asked for. Of one side alone the other follows.
func (j *job) wanted(have image.Point) image.Point {
	w, h := j.request.number(paramWidth), j.request.number(paramHeight)
	switch {
	case w == 0 && h == 0:
		return have
	case h == 0:
		h = max(1, (w*have.Y+have.X/2)/have.X)
	case w == 0:
		w = max(1, (h*have.X+have.Y/2)/have.Y)
	}
	return image.Pt(w, h)
}

// format is one that images are read from.
type format struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	memory func(file []byte, c image.Config) int64
}

func formatOf(mediaType string) format {
	switch mediaType {
	case typePNG:
		return format{png.DecodeConfig, png.Decode, pngMemory}
	case typeGIF:
		return format{gif.DecodeConfig, gif.Decode, pixels(3)}
	case typeWebP:
		return format{webp.DecodeConfig, webp.Decode, pixels(12)}
	}
	return format{jpeg.DecodeConfig, jpeg.Decode, jpegMemory}
}

// pixels reckons so many bytes for each pixel.
func pixels(bytes int64) func([]byte, image.Config) int64 {
	return func(_ []byte, c image.Config) int64 { return bytes * int64(c.Width) * int64(c.Height) }
}

// pngMemory reckons for what has 16 bits a colour, and all twice, since what is
// interlaced is put together from pieces.
func pngMemory(_ []byte, c image.Config) int64 {
	n := int64(c.Width) * int64(c.Height)
	switch c.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model:
		return 16 * n
	}
	return 8 * n
}

// jpegMemory reckons for the coefficients that are kept of a progressive image.
func jpegMemory(file []byte, c image.Config) int64 {
	n := int64(c.Width+32) * int64(c.Height+32)
	if c.ColorModel == color.CMYKModel {
		n = n * 3 / 2
	}
	if isProgressive(file) {
		return 16 * n
	}
	return 4 * n
}

// isProgressive looks for the frame header of a progressive JPEG.
func isProgressive(file []byte) bool { return bytes.Contains(file, []byte{0xff, 0xc2}) }

// encodeMemory reckons what writing an image takes.
func (j *job) encodeMemory(size image.Point) int64 {
	n := int64(size.X) * int64(size.Y)
	switch j.to {
	case typeWebP:
		return 48 * n
	case typeGIF:
		return 4 * n
	}
	return 6 * n
}

// write writes the image in its new format.
func (j *job) write(w io.Writer, img image.Image) error {
	switch j.to {
	case typePNG:
		return png.Encode(w, img)
	case typeGIF:
		return writeGIF(w, img)
	case typeWebP:
		return nativewebp.Encode(w, direct(img), nil)
	}
	return jpeg.Encode(w, opaque(img), &jpeg.Options{Quality: quality})
}

// writeGIF writes an image in 256 colours, of which one is clear where it is needed.
func writeGIF(w io.Writer, img image.Image) error {
	if isOpaque(img) {
		return gif.Encode(w, img, nil)
	}
	return gif.Encode(w, img, &gif.Options{NumColors: 256, Quantizer: clearQuantizer{}})
}

// clearQuantizer gives gif.Encode the colours it takes itself, and a clear one.
type clearQuantizer struct{}

// Quantize implements draw.Quantizer.
func (clearQuantizer) Quantize(p color.Palette, _ image.Image) color.Palette {
	p = append(p, color.Transparent)
	return append(p, palette.Plan9[:min(cap(p)-len(p), len(palette.Plan9)-1)]...)
}

// direct gives an image with its colours in its pixels: of one with a palette the
// WebP encoder makes what decoders refuse.
func direct(img image.Image) image.Image {
	if _, is := img.(*image.Paletted); !is {
		return img
	}
	out := image.NewNRGBA(img.Bounds())
	draw.Draw(out, out.Rect, img, out.Rect.Min, draw.Src)
	return out
}

func isOpaque(img image.Image) bool {
	o, is := img.(interface{ Opaque() bool })
	return is && o.Opaque()
}

// opaque puts an image on white, for JPEG has nothing that is clear.
func opaque(img image.Image) image.Image {
	if isOpaque(img) {
		return img
	}
	flat := image.NewRGBA(img.Bounds())
	draw.Draw(flat, flat.Bounds(), image.White, image.Point{}, draw.Src)
	draw.Draw(flat, flat.Bounds(), img, img.Bounds().Min, draw.Over)
	return flat
}

// kernelMemory bounds what the better way of scaling takes.
const kernelMemory = 64 << 20

// scaleMemory reckons what scaling and turning take.
func scaleMemory(from, to image.Point) int64 {
	n := 8*int64(to.X)*int64(to.Y) + 4*int64(from.X)*int64(from.Y)
	if from != to {
		n += min(kernelMemory, kernelOf(from, to))
	}
	return n
}

// kernelOf is what draw.CatmullRom takes: a row of colours as numbers for each row
// of the source.
func kernelOf(from, to image.Point) int64 { return 32 * int64(to.X) * int64(from.Y) }

// scaled gives an image of that size.
func scaled(img image.Image, size image.Point) image.Image {
	from := img.Bounds()
	if from.Size() == size {
		return img
	}
	out := image.NewNRGBA(image.Rectangle{Max: size})
	var scaler draw.Scaler = draw.CatmullRom
	if kernelOf(from.Size(), size) > kernelMemory {
		scaler = draw.ApproxBiLinear
	}
	scaler.Scale(out, out.Bounds(), img, from, draw.Src, nil)
	return out
}

// contextWriter ends with its context.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c *contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}
