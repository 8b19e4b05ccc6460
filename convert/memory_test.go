package convert

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
)

// counted gives a source that counts how often it is opened.
func counted(mediaType, content string) (src Source, opened *int) {
	src, opened = source(mediaType, "", content), new(int)
	open := src.Open
	src.Size = int64(len(content))
	src.Open = func() (io.Reader, error) {
		*opened++
		return open()
	}
	return src, opened
}

// TestMemoryBeforeReading reads nothing for which there is no memory.
func TestMemoryBeforeReading(t *testing.T) {
	for mediaType, content := range map[string]string{
		typePlain: "text", typeHTML: "<p>text", typePNG: encoded(t, typePNG, picture(4, 4)),
	} {
		c := New(Options{Limits: Limits{Time: time.Millisecond}})
		if err := c.memory.Acquire(t.Context(), c.options.Limits.Memory); err != nil {
			t.Fatal(err)
		}
		src, opened := counted(mediaType, content)
		_, err := c.Convert(t.Context(), src, Request{})
		if e, is := As(err); !is || e.Kind != TempFail || *opened != 0 {
			t.Errorf("%s: opened %d times, %v", mediaType, *opened, err)
		}
	}
}

// TestMemoryWhileWaiting has room for a content and not for its conversion: the content is
// counted while it is read, and let go and read again when the memory is there.
func TestMemoryWhileWaiting(t *testing.T) {
	for mediaType, content := range map[string]string{
		typeHTML: "<p>" + strings.Repeat("text ", 200), typePNG: encoded(t, typePNG, picture(40, 40)),
	} {
		t.Run(mediaType, func(t *testing.T) {
			c := New(Options{Limits: Limits{Time: time.Hour}})
			src, opened := counted(mediaType, content)
			others := c.options.Limits.Memory - src.Size - 1
			if err := c.memory.Acquire(t.Context(), others); err != nil {
				t.Fatal(err)
			}
			open := src.Open
			src.Open = func() (io.Reader, error) {
				if *opened == 0 && c.memory.TryAcquire(2) {
					t.Error("the content is not counted")
				}
				return open()
			}
			done := make(chan error, 1)
			go func() {
				r, err := c.Convert(t.Context(), src, Request{})
				if err == nil && len(r.Body) == 0 {
					err = fmt.Errorf("nothing was made")
				}
				done <- err
			}()
			for c.memory.TryAcquire(1) { // until there is somebody who waits
				c.memory.Release(1)
				runtime.Gosched()
			}
			c.memory.Release(others)
			if err := <-done; err != nil || *opened != 2 {
				t.Errorf("opened %d times, %v", *opened, err)
			}
			if !c.memory.TryAcquire(c.options.Limits.Memory) {
				t.Error("memory is not given back")
			}
		})
	}
}
