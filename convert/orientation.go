package convert

import (
	"bytes"
	"image"
	"image/draw"

	"github.com/bep/imagemeta"
)

// turn is how an image is to be turned to be shown, as EXIF counts: telephones
// write photos as their chip lies, and formats without EXIF would show them so.
type turn uint16

const upright turn = 1

// orientation reads the turn from the file's metadata; upright where it has none.
func orientation(file []byte, mediaType string) turn {
	var f imagemeta.ImageFormat
	switch mediaType {
	case typeJPEG:
		f = imagemeta.JPEG
	case typePNG:
		f = imagemeta.PNG
	case typeWebP:
		f = imagemeta.WebP
	default:
		return upright
	}
	found := upright
	_, err := imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(file), ImageFormat: f, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(t imagemeta.TagInfo) bool { return t.Tag == "Orientation" && t.Namespace == "IFD0" },
		HandleTag: func(t imagemeta.TagInfo) error {
			if n, is := t.Value.(uint16); is && n >= 1 && n <= 8 {
				found = turn(n)
			}
			return imagemeta.ErrStopWalking
		},
	})
	if err != nil {
		return upright
	}
	return found
}

// size gives the size of an image after it was turned, or before.
func (t turn) size(p image.Point) image.Point {
	if t >= 5 {
		return image.Pt(p.Y, p.X)
	}
	return p
}

// apply turns an image.
func (t turn) apply(img image.Image) image.Image {
	if t == upright {
		return img
	}
	src, is := img.(*image.NRGBA)
	if !is || src.Rect.Min != (image.Point{}) {
		src = image.NewNRGBA(image.Rectangle{Max: img.Bounds().Size()})
		draw.Draw(src, src.Rect, img, img.Bounds().Min, draw.Src)
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	out := image.NewNRGBA(image.Rectangle{Max: t.size(image.Pt(w, h))})
	for y := range h {
		for x := range w {
			to := t.place(x, y, w, h)
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return out
}

// place gives where a pixel of an image of w by h goes.
func (t turn) place(x, y, w, h int) image.Point {
	switch t {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(h-1-y, x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	case 8:
		return image.Pt(y, w-1-x)
	}
	return image.Pt(x, y)
}
