package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proveAll is up to which size x/mod proves every entry; of larger logs it proves a spread, as it reads and hashes
// several tiles for each. Every leaf hash goes through it at any size.
const proveAll = 1024

// A log is a published one with what the bytes of its entries give: nothing in it is taken from a tile.
type log struct {
	folder folder
	head   tlog.Tree
	levels [][]tlog.Hash // by level of tiles; the lowest are the leaves
}

func verify(dir string, key note.Verifier, since string, proofs []string, out io.Writer) error {
	l := log{folder: folder{path: dir, cache: map[tlog.Tile][]byte{}}}
	var err error
	if l.head, err = readHeadFile(filepath.Join(dir, "checkpoint"), key); err != nil {
		return err
	}
	fmt.Fprintf(out, "checkpoint: %s, %d entries, root %v, signed with the key\n", key.Name(), l.head.N, l.head.Hash)
	verdict, err := tryXMod(briefSizes())
	if err != nil {
		return err
	}
	fmt.Fprintln(out, verdict)
	for _, step := range []func(io.Writer) error{l.hashEntries, l.compareTiles, l.compareOthers, l.askXMod} {
		if err := step(out); err != nil {
			return err
		}
	}
	if since != "" {
		if err := l.compareOld(since, key, out); err != nil {
			return err
		}
	}
	for _, path := range proofs {
		if err := l.checkProof(path, key, out); err != nil {
			return err
		}
	}
	return nil
}

// hashEntries is the first way: from the bytes of the entries to the root, without a tile.
func (l *log) hashEntries(out io.Writer) error {
	list := tilesOf(bundles, l.head.N)
	var leaves []tlog.Hash
	for _, bundle := range list {
		hashes, err := l.folder.leaves(bundle)
		if err != nil {
			return err
		}
		leaves = append(leaves, hashes...)
	}
	l.levels = grow(leaves)
	// Where a single entry was changed, its tile says which: a better answer than that the root is another.
	for i, tile := range tilesOf(0, l.head.N) {
		data, err := l.folder.tile(tile)
		if err != nil {
			return err
		}
		if at := firstOther(data, leaves[i*tileWidth:]); at >= 0 {
			return fmt.Errorf("entry %d of %s does not have the hash that %s gives it",
				i*tileWidth+at, tilePath(list[i]), tilePath(tile))
		}
	}
	if root := treeHash(leaves); root != l.head.Hash {
		return fmt.Errorf("the %d entries have the root %v, not that of the checkpoint", len(leaves), root)
	}
	fmt.Fprintf(out, "entries: %d in %d bundles, every one hashed: they give tile level 0 and the root\n",
		len(leaves), len(list))
	return nil
}

// compareTiles has every tile that has to be there equal what the entries give.
func (l *log) compareTiles(out io.Writer) error {
	count := 0
	for level := range l.levels {
		for _, tile := range tilesOf(level, l.head.N) {
			data, err := l.folder.tile(tile)
			if err != nil {
				return err
			}
			if at := firstOther(data, l.levels[level][tile.N*tileWidth:]); at >= 0 {
				return fmt.Errorf("hash %d of %s is not the one that the entries give", at, tilePath(tile))
			}
			count++
		}
	}
	fmt.Fprintf(out, "tiles: %d, every hash as the entries give it\n", count)
	return nil
}

// compareOthers looks at whatever else lies under tile/: earlier partial tiles have to begin what is there now.
func (l *log) compareOthers(out io.Writer) error {
	earlier, beyond := 0, 0
	root := filepath.Join(l.folder.path, "tile")
	err := filepath.WalkDir(root, func(path string, item fs.DirEntry, err error) error {
		if err != nil || item.IsDir() {
			return err
		}
		name, err := filepath.Rel(l.folder.path, path)
		if err != nil {
			return err
		}
		tile, err := parseTilePath(filepath.ToSlash(name))
		if err != nil {
			return err
		}
		level := max(tile.L, 0)
		if level >= len(l.levels) || tile.N > int64(len(l.levels[level]))/tileWidth ||
			tile.N*tileWidth+int64(tile.W) > int64(len(l.levels[level])) {
			beyond++
			return nil
		}
		if tile == tileAt(tile.L, tile.N, l.head.N) {
			return nil // compared by now
		}
		earlier++
		return l.compareEarlier(tile, level)
	})
	if err != nil && !(l.head.N == 0 && errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	fmt.Fprintf(out, "earlier partial tiles and bundles: %d, each the beginning of what is there now\n", earlier)
	if beyond > 0 {
		fmt.Fprintf(out, "beyond the checkpoint: %d files, for which nothing vouches\n", beyond)
	}
	return nil
}

func (l *log) compareEarlier(tile tlog.Tile, level int) error {
	var data []byte
	var err error
	if tile.L == bundles {
		hashes, failed := l.folder.leaves(tile)
		data, err = join(hashes), failed
	} else {
		data, err = l.folder.tile(tile)
	}
	if err != nil {
		return err
	}
	if at := firstOther(data, l.levels[level][tile.N*tileWidth:]); at >= 0 {
		return fmt.Errorf("%s is not the beginning of what is there now: it parts from it at %d", tilePath(tile), at)
	}
	return nil
}

// askXMod is the second way: x/mod, from the checkpoint down through the tiles.
func (l *log) askXMod(out io.Writer) error {
	reader := tlog.TileHashReader(l.head, tileSource(l.folder.tile))
	root, err := tlog.TreeHash(l.head.N, reader)
	if err != nil {
		return fmt.Errorf("x/mod on the tree of %d: %w", l.head.N, err)
	}
	if root != l.head.Hash {
		return fmt.Errorf("x/mod has the root %v, not that of the checkpoint", root)
	}
	for _, tile := range tilesOf(0, l.head.N) {
		if err := l.askLeaves(reader, tile); err != nil {
			return err
		}
	}
	indexes := spread(l.head.N)
	for _, index := range indexes {
		path, err := tlog.ProveRecord(l.head.N, index, reader)
		if err != nil {
			return fmt.Errorf("x/mod cannot prove entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(path, l.head.N, l.head.Hash, index, l.levels[0][index]); err != nil {
			return fmt.Errorf("x/mod on entry %d: %w", index, err)
		}
	}
	fmt.Fprintf(out, "x/mod: the root, %d leaf hashes read through the tiles, %d inclusion proofs made and checked\n",
		l.head.N, len(indexes))
	return nil
}

func (l *log) askLeaves(reader tlog.HashReader, tile tlog.Tile) error {
	indexes := make([]int64, tile.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, tile.N*tileWidth+int64(i))
	}
	hashes, err := reader.ReadHashes(indexes)
	if err != nil {
		return fmt.Errorf("x/mod on %s: %w", tilePath(tile), err)
	}
	for i, hash := range hashes {
		if at := tile.N*tileWidth + int64(i); hash != l.levels[0][at] {
			return fmt.Errorf("x/mod has another leaf hash for entry %d", at)
		}
	}
	return nil
}

// compareOld has an earlier checkpoint be one of this log's, again in both ways.
func (l *log) compareOld(path string, key note.Verifier, out io.Writer) error {
	old, err := readHeadFile(path, key)
	if err != nil {
		return err
	}
	if old.N > l.head.N {
		return fmt.Errorf("%s is of size %d, and the log has only %d now", path, old.N, l.head.N)
	}
	if root := treeHash(l.levels[0][:old.N]); root != old.Hash {
		return fmt.Errorf("%s: the first %d entries have another root now: history was rewritten", path, old.N)
	}
	// x/mod knows no proof from the empty tree, and none is needed: the root above says all.
	if old.N > 0 {
		reader := tlog.TileHashReader(l.head, tileSource(l.folder.tile))
		proof, err := tlog.ProveTree(l.head.N, old.N, reader)
		if err != nil {
			return fmt.Errorf("x/mod cannot prove %d to %d: %w", old.N, l.head.N, err)
		}
		if err := tlog.CheckTree(proof, l.head.N, l.head.Hash, old.N, old.Hash); err != nil {
			return fmt.Errorf("x/mod on %d to %d: %w", old.N, l.head.N, err)
		}
	}
	fmt.Fprintf(out, "since: the tree of %d is the beginning of that of %d\n", old.N, l.head.N)
	return nil
}

// checkProof checks a proof for the entry that the folder has at its index.
func (l *log) checkProof(path string, key note.Verifier, out io.Writer) error {
	p, err := readProof(path, key)
	if err != nil {
		return err
	}
	if p.head.N > l.head.N {
		return fmt.Errorf("%s is of size %d, and the log has only %d", path, p.head.N, l.head.N)
	}
	if p.index >= p.head.N {
		return fmt.Errorf("%s is for entry %d of %d", path, p.index, p.head.N)
	}
	if treeHash(l.levels[0][:p.head.N]) != p.head.Hash {
		return fmt.Errorf("%s: the first %d entries have another root", path, p.head.N)
	}
	if err := p.checkLeaf(l.levels[0][p.index]); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(out, "proof: entry %d is in the tree of %d (%s)\n", p.index, p.head.N, filepath.Base(path))
	return nil
}

// spread chooses entries: all, or the ends of every tile, all of the outermost ones, and steps between.
func spread(size int64) (indexes []int64) {
	for i := int64(0); i < size; i++ {
		within := i % tileWidth
		if size <= proveAll || within == 0 || within == tileWidth-1 || i < tileWidth || i >= size-2*tileWidth ||
			i%(size/proveAll+1) == 0 {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// grow makes all levels of tiles from the leaves: a hash for each full tile below, none for a partial one.
func grow(leaves []tlog.Hash) (levels [][]tlog.Hash) {
	for len(leaves) > 0 {
		levels = append(levels, leaves)
		var above []tlog.Hash
		for ; len(leaves) >= tileWidth; leaves = leaves[tileWidth:] {
			above = append(above, treeHash(leaves[:tileWidth]))
		}
		leaves = above
	}
	if levels == nil {
		levels = [][]tlog.Hash{nil}
	}
	return levels
}

// treeHash is the root over leaves as RFC 6962 writes it, split at the largest power of two below their number.
func treeHash(leaves []tlog.Hash) tlog.Hash {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return leaves[0]
	}
	k := 1 << (bits.Len(uint(len(leaves)-1)) - 1)
	return tlog.NodeHash(treeHash(leaves[:k]), treeHash(leaves[k:]))
}

// firstOther is where a tile parts from hashes that are at least as many, or -1.
func firstOther(tile []byte, hashes []tlog.Hash) int {
	for i := 0; i*tlog.HashSize < len(tile); i++ {
		if !bytes.Equal(tile[i*tlog.HashSize:(i+1)*tlog.HashSize], hashes[i][:]) {
			return i
		}
	}
	return -1
}

func join(hashes []tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, hash := range hashes {
		data = append(data, hash[:]...)
	}
	return data
}

func writeFile(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o666)
}
