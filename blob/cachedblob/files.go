package cachedblob

import (
	"container/list"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/restante/restante"
	"github.com/restante/restante/blob"
	"github.com/restante/restante/internal/buffers"
)

var (
	errNotCached = errors.New("not in the cache")
	errDamaged   = errors.New("a file of the cache is damaged")
)

// block is a part of an object.
type block struct {
	object blob.Name
	number uint32
}

// files are the blocks on the disk, each a file "xx/account-content-token.number" with
// its name, its octets and a checksum of both. Which there are, and in what order they
// were used, stands in memory.
type files struct {
	dir   string
	limit int64
	table *crc32.Table
	bufs  *buffers.Pool

	mu struct {
		sync.Mutex
		blocks  map[block]*list.Element // of entry
		objects map[blob.Name][]uint32  // the blocks of each
		used    *list.List              // the latest in front
		bytes   int64
	}
}

type entry struct {
	block block
	size  int64 // of the file
}

// headSize is what a file has before the octets: checksum and name.
const headSize = 4 + 24 + 4

// fileRoom is room for the longest file and an octet more.
const fileRoom = headSize + blockSize + 1

func newFiles(dir string, limit int64) *files {
	f := &files{dir: dir, limit: limit, table: crc32.MakeTable(crc32.Castagnoli), bufs: buffers.New(fileRoom, fileRoom)}
	f.mu.blocks = make(map[block]*list.Element)
	f.mu.objects = make(map[blob.Name][]uint32)
	f.mu.used = list.New()
	return f
}

func (f *files) path(b block) string {
	n := b.object.String()
	sum := crc32.Checksum([]byte(n), f.table)
	return filepath.Join(f.dir, fmt.Sprintf("%02x", byte(sum)), strings.Replace(n, "/", "-", 1)+"."+strconv.FormatUint(uint64(b.number), 10))
}

// parseFile reads the name of a file.
func parseFile(name string) (b block, ok bool) {
	object, number, _ := strings.Cut(name, ".")
	b.object, ok = blob.ParseName(strings.Replace(object, "-", "/", 1))
	n, err := strconv.ParseUint(number, 10, 32)
	b.number = uint32(n)
	return b, ok && err == nil
}

// load finds the files that are there. What is no block is removed.
func (f *files) load() error {
	type found struct {
		entry
		at time.Time
	}
	var all []found
	err := filepath.WalkDir(f.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		b, ok := parseFile(d.Name())
		if !ok || f.path(b) != path {
			return os.Remove(path)
		}
		all = append(all, found{entry{b, info.Size()}, info.ModTime()})
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(a, b found) int { return a.at.Compare(b.at) })
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range all {
		f.addLocked(e.entry)
	}
	f.evictLocked()
	return nil
}

func (f *files) size() (bytes, blocks int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.bytes, int64(len(f.mu.blocks))
}

func (f *files) has(b block) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mu.blocks[b] != nil
}

// use reports whether a block is there, which is the latest used then.
func (f *files) use(b block) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.mu.blocks[b]
	if e != nil {
		f.mu.used.MoveToFront(e)
	}
	return e != nil
}

func (f *files) addLocked(e entry) {
	if old := f.mu.blocks[e.block]; old != nil {
		f.removeLocked(old)
	}
	f.mu.blocks[e.block] = f.mu.used.PushFront(e)
	f.mu.objects[e.block.object] = append(f.mu.objects[e.block.object], e.block.number)
	f.mu.bytes += e.size
}

func (f *files) removeLocked(el *list.Element) {
	e := f.mu.used.Remove(el).(entry)
	delete(f.mu.blocks, e.block)
	f.mu.bytes -= e.size
	rest := f.mu.objects[e.block.object]
	if i := slices.Index(rest, e.block.number); i >= 0 {
		rest = slices.Delete(rest, i, i+1)
	}
	if f.mu.objects[e.block.object] = rest; len(rest) == 0 {
		delete(f.mu.objects, e.block.object)
	}
}

// evictLocked removes the blocks that were not used for the longest time until there is
// room enough.
func (f *files) evictLocked() (n int) {
	for f.mu.bytes > f.limit && f.mu.used.Len() > 0 {
		el := f.mu.used.Back()
		path := f.path(el.Value.(entry).block)
		f.removeLocked(el)
		_ = os.Remove(path) // what cannot be removed is found at the next start
		n++
	}
	return n
}

// forget removes a block that is of no use.
func (f *files) forget(b block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if el := f.mu.blocks[b]; el != nil {
		f.removeLocked(el)
	}
	_ = os.Remove(f.path(b)) // as above
}

// drop removes all blocks of an object.
func (f *files) drop(n blob.Name) {
	f.mu.Lock()
	numbers := slices.Clone(f.mu.objects[n])
	f.mu.Unlock()
	for _, number := range numbers {
		f.forget(block{n, number})
	}
}

// read calls use with a block's octets, which are its own for that time.
func (f *files) read(b block, use func([]byte)) error {
	if !f.use(b) {
		return errNotCached
	}
	file, err := os.Open(f.path(b))
	if errors.Is(err, fs.ErrNotExist) {
		f.forget(b)
		return errNotCached
	}
	if err != nil {
		return err
	}
	defer file.Close() // it was only read
	buf := f.bufs.Get(fileRoom)[:fileRoom]
	defer f.bufs.Put(buf)
	n, err := io.ReadFull(file, buf)
	if err != io.ErrUnexpectedEOF && err != io.EOF {
		if err == nil {
			err = errDamaged // it is longer than any block
			f.forget(b)
		}
		return err
	}
	if n < headSize || binary.BigEndian.Uint32(buf) != crc32.Checksum(buf[4:n], f.table) || blockOf(buf) != b {
		f.forget(b)
		return errDamaged
	}
	use(buf[headSize:n])
	return nil
}

// blockOf reads a file's head.
func blockOf(buf []byte) (b block) {
	b.object.Account = restante.AccountID(binary.BigEndian.Uint64(buf[4:]))
	b.object.Email = restante.EmailID(binary.BigEndian.Uint64(buf[12:]))
	b.object.Token = binary.BigEndian.Uint64(buf[20:])
	b.number = binary.BigEndian.Uint32(buf[28:])
	return b
}

func putHead(buf []byte, b block) {
	binary.BigEndian.PutUint64(buf[4:], uint64(b.object.Account))
	binary.BigEndian.PutUint64(buf[12:], uint64(b.object.Email))
	binary.BigEndian.PutUint64(buf[20:], b.object.Token)
	binary.BigEndian.PutUint32(buf[28:], b.number)
}

// write puts a block into the cache and answers how many had to go for it. A file is
// not synced: after a power cut its checksum tells.
func (f *files) write(b block, data []byte) (evicted int, err error) {
	buf := f.bufs.Get(fileRoom)[:fileRoom]
	defer f.bufs.Put(buf)
	putHead(buf, b)
	n := headSize + copy(buf[headSize:], data)
	binary.BigEndian.PutUint32(buf, crc32.Checksum(buf[4:n], f.table))
	path := f.path(b)
	if err := f.place(path, buf[:n]); err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addLocked(entry{b, int64(n)})
	return f.evictLocked(), nil
}

// place writes a file and gives it its name.
func (f *files) place(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, "new-*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
