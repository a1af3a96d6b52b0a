package main

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
	bundles    = -1 // the level at which x/mod puts the entries themselves
	proofMagic = "c2sp.org/tlog-proof@v1"
)

// decode is base64 as it has to be written: Go's decoder lets line ends and stray last bits pass, and so would let two
// different texts stand for one signature or hash.
func decode(text string) ([]byte, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(data) != text {
		return nil, fmt.Errorf("%q is not base64 as it has to be written", text)
	}
	return data, nil
}

func decodeHash(text string) (hash tlog.Hash, err error) {
	data, err := decode(text)
	if err == nil && len(data) != tlog.HashSize {
		err = fmt.Errorf("%q holds %d bytes, where a hash has %d", text, len(data), tlog.HashSize)
	}
	copy(hash[:], data)
	return hash, err
}

func decodeNumber(text string) (int64, error) {
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number < 0 || strconv.FormatInt(number, 10) != text {
		return 0, fmt.Errorf("%q is not a number as it has to be written", text)
	}
	return number, nil
}

// readHead opens a checkpoint. x/mod's own ParseTree wants the origin of Go's checksum database, so it is of no use.
func readHead(message []byte, key note.Verifier) (head tlog.Tree, err error) {
	opened, err := note.Open(message, note.VerifierList(key))
	if err != nil {
		return head, err
	}
	for _, signature := range opened.Sigs {
		if _, err := decode(signature.Base64); err != nil {
			return head, fmt.Errorf("the signature: %w", err)
		}
	}
	lines := strings.Split(strings.TrimSuffix(opened.Text, "\n"), "\n")
	if len(lines) < 3 {
		return head, errors.New("a checkpoint has at least three lines")
	}
	for i, line := range lines {
		if line == "" {
			return head, fmt.Errorf("line %d is empty", i+1)
		}
	}
	// Only recommended by tlog-checkpoint; but our ledger promises it, and it binds the key to one log.
	if lines[0] != key.Name() {
		return head, fmt.Errorf("the origin is %q, and the key is that of %q", lines[0], key.Name())
	}
	if head.N, err = decodeNumber(lines[1]); err != nil {
		return head, fmt.Errorf("the size: %w", err)
	}
	if head.Hash, err = decodeHash(lines[2]); err != nil {
		return head, fmt.Errorf("the root: %w", err)
	}
	return head, nil
}

func readHeadFile(path string, key note.Verifier) (tlog.Tree, error) {
	message, err := os.ReadFile(path)
	if err != nil {
		return tlog.Tree{}, err
	}
	head, err := readHead(message, key)
	if err != nil {
		return head, fmt.Errorf("%s: %w", path, err)
	}
	return head, nil
}

// A proof is what a .tlog-proof holds. It does not hold the entry.
type proof struct {
	index int64
	path  tlog.RecordProof
	head  tlog.Tree
}

func (p proof) check(entry []byte) error { return p.checkLeaf(tlog.RecordHash(entry)) }

func (p proof) checkLeaf(leaf tlog.Hash) error {
	if err := tlog.CheckRecord(p.path, p.head.N, p.head.Hash, p.index, leaf); err != nil {
		return fmt.Errorf("entry %d is not shown to be in the tree of %d: %w", p.index, p.head.N, err)
	}
	return nil
}

func readProof(path string, key note.Verifier) (p proof, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return p, err
	}
	if p, err = parseProof(string(data), key); err != nil {
		return p, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func parseProof(text string, key note.Verifier) (p proof, err error) {
	// The checkpoint has an empty line of its own, so it is the first one that parts the two.
	top, signed, found := strings.Cut(text, "\n\n")
	lines := strings.Split(top, "\n")
	if !found || lines[0] != proofMagic {
		return p, fmt.Errorf("this is not %s and a checkpoint", proofMagic)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		extra, err := decode(strings.TrimPrefix(lines[0], "extra "))
		if err != nil || len(extra) == 0 {
			return p, fmt.Errorf("%q is no line of extra data", lines[0])
		}
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return p, errors.New("the line of the index is missing")
	}
	if p.index, err = decodeNumber(strings.TrimPrefix(lines[0], "index ")); err != nil {
		return p, fmt.Errorf("the index: %w", err)
	}
	for _, line := range lines[1:] {
		hash, err := decodeHash(line)
		if err != nil {
			return p, fmt.Errorf("the path: %w", err)
		}
		p.path = append(p.path, hash)
	}
	p.head, err = readHead([]byte(signed), key)
	return p, err
}

// tilePath is where C2SP puts a tile: x/mod names the height in the path, and the level of the entries `data`.
func tilePath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight))
	if tile.L == bundles {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return "tile/" + path
}

func parseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	rest, isBundle := strings.CutPrefix(rest, "entries/")
	if isBundle {
		rest = "data/" + rest
	}
	tile, err := tlog.ParseTilePath(fmt.Sprintf("tile/%d/%s", tileHeight, rest))
	if !ok || err != nil || tile.L > 63 || isBundle != (tile.L == bundles) {
		return tile, fmt.Errorf("%s is not a name that a tile can have", path)
	}
	return tile, nil
}

// tileAt is the tile of a level with a number, as wide as it is in a tree of this size.
func tileAt(level int, number, size int64) tlog.Tile {
	count := size
	if level > 0 {
		count >>= tileHeight * level
	}
	return tlog.Tile{H: tileHeight, L: level, N: number, W: int(min(count-number*tileWidth, tileWidth))}
}

// tilesOf are the tiles, or the bundles, that a level has in a tree of this size: those that a log has to serve.
func tilesOf(level int, size int64) (tiles []tlog.Tile) {
	count := size
	if level > 0 {
		count >>= tileHeight * level
	}
	for number := int64(0); number*tileWidth < count; number++ {
		tiles = append(tiles, tileAt(level, number, size))
	}
	return tiles
}

// A folder is a published one.
type folder struct {
	path  string
	cache map[tlog.Tile][]byte
}

// file is what is served as a tile or bundle. A partial one may have gone once the full one is there: `whole` says that
// the bytes are those of the full one.
func (f folder) file(tile tlog.Tile) (data []byte, whole bool, err error) {
	name := tilePath(tile)
	data, err = os.ReadFile(filepath.Join(f.path, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) && tile.W < tileWidth {
		full := tile
		full.W = tileWidth
		data, fullErr := os.ReadFile(filepath.Join(f.path, filepath.FromSlash(tilePath(full))))
		if fullErr == nil {
			return data, true, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s is missing", name)
	}
	return data, tile.W == tileWidth, err
}

// tile is the hashes of a tile as they stand in the folder, not yet shown to be the right ones.
func (f folder) tile(tile tlog.Tile) ([]byte, error) {
	if data, ok := f.cache[tile]; ok {
		return data, nil
	}
	data, whole, err := f.file(tile)
	if err != nil {
		return nil, err
	}
	width := tile.W
	if whole {
		width = tileWidth
	}
	if len(data) != width*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes, where %d hashes have %d",
			tilePath(tile), len(data), width, width*tlog.HashSize)
	}
	data = data[:tile.W*tlog.HashSize]
	f.cache[tile] = data
	return data, nil
}

// leaves are the hashes of the entries of a bundle, computed from their bytes.
func (f folder) leaves(bundle tlog.Tile) ([]tlog.Hash, error) {
	data, whole, err := f.file(bundle)
	if err != nil {
		return nil, err
	}
	var hashes []tlog.Hash
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return nil, fmt.Errorf("%s ends within entry %d of it", tilePath(bundle), len(hashes))
		}
		end := 2 + int(binary.BigEndian.Uint16(data))
		hashes = append(hashes, tlog.RecordHash(data[2:end]))
		data = data[end:]
	}
	width := bundle.W
	if whole {
		width = tileWidth
	}
	if len(hashes) != width {
		return nil, fmt.Errorf("%s holds %d entries, not %d", tilePath(bundle), len(hashes), width)
	}
	return hashes[:bundle.W], nil
}

// A tileSource hands tiles to x/mod.
type tileSource func(tlog.Tile) ([]byte, error)

func (s tileSource) Height() int { return tileHeight }

func (s tileSource) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, 0, len(tiles))
	for _, tile := range tiles {
		data, err := s(tile)
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (s tileSource) SaveTiles([]tlog.Tile, [][]byte) {}
