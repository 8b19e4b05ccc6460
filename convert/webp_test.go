package convert

import (
	"bytes"
	"image"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/webp"
)

// TestWebPIsLossless holds that what the encoder writes is read back the same, for
// pictures with much and with little in them.
func TestWebPIsLossless(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		p := image.NewNRGBA(image.Rect(0, 0, 1+rnd.IntN(70), 1+rnd.IntN(70)))
		colours := 1 + rnd.IntN(1+n)
		for i := 0; i < len(p.Pix); i += 4 {
			c := rnd.IntN(colours) * 7919
			copy(p.Pix[i:], []byte{byte(c), byte(c >> 3), byte(c >> 5), 255})
			if n%3 == 0 {
				p.Pix[i+3] = byte(c >> 2)
			}
		}
		var b bytes.Buffer
		if err := (&job{to: typeWebP}).write(&b, p); err != nil {
			t.Fatal(err)
		}
		img, err := webp.Decode(&b)
		if err != nil {
			t.Fatalf("%v, %d colours: %v", p.Rect, colours, err)
		}
		for y := range p.Rect.Dy() {
			for x := range p.Rect.Dx() {
				if got, want := img.At(x, y), p.NRGBAAt(x, y); got != want {
					t.Fatalf("%v: at %d,%d %v, want %v", p.Rect, x, y, got, want)
				}
			}
		}
	}
}
