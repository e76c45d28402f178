/* SPDX-License-Identifier: MIT */
/*
 * The text screen of a PC: 80 by 25 cells at 0xb8000.
 *
 * Ours only while booting: domain 0 may drive the screen, so it is left alone once the first domain
 * runs (vga=keep goes on), and a panic uses it again. Cells are kept in a copy, because reading video
 * memory is slow.
 */
#include "console/internal.h"
#include "cpu/asm.h"
#include "cpu/hvmap.h"
#include "lib/string.h"

#define VGA_TEXT  0xb8000
#define COLUMNS	  80
#define ROWS	  25
#define ATTRIBUTE 0x0700 /* grey on black */

#define CRTC_INDEX     0x3d4
#define CRTC_CURSOR_HI 14
#define CRTC_CURSOR_LO 15

static volatile uint16_t *screen;
static uint16_t cells[ROWS][COLUMNS];
static unsigned int column;

static void draw(unsigned int row)
{
	for (unsigned int i = 0; i < COLUMNS; i++)
		screen[row * COLUMNS + i] = cells[row][i];
}

static void blank(unsigned int row)
{
	for (unsigned int i = 0; i < COLUMNS; i++)
		cells[row][i] = ATTRIBUTE | ' ';
}

static void move_cursor(void)
{
	unsigned int at = (ROWS - 1) * COLUMNS + column;

	outb(CRTC_INDEX, CRTC_CURSOR_HI);
	outb(CRTC_INDEX + 1, (uint8_t)(at >> 8));
	outb(CRTC_INDEX, CRTC_CURSOR_LO);
	outb(CRTC_INDEX + 1, (uint8_t)at);
}

/* Writing always happens on the last row. */
static void scroll(void)
{
	memmove(cells[0], cells[1], sizeof(cells) - sizeof(cells[0]));
	blank(ROWS - 1);
	for (unsigned int row = 0; row < ROWS; row++)
		draw(row);
	column = 0;
	move_cursor();
}

void vga_init(void)
{
	screen = device_map(_maddr(VGA_TEXT), sizeof(cells), DEVICE_UNCACHED);
	for (unsigned int row = 0; row < ROWS; row++)
		blank(row);
	scroll();
}

void vga_putc(char c)
{
	if (!screen)
		return;
	if (c == '\n') {
		scroll();
		return;
	}
	if (c < ' ' || c > '~')
		return;
	if (column == COLUMNS)
		scroll();
	cells[ROWS - 1][column] = ATTRIBUTE | (uint8_t)c;
	screen[(ROWS - 1) * COLUMNS + column] = cells[ROWS - 1][column];
	column++;
}
