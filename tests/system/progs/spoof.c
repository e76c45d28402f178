/* SPDX-License-Identifier: MIT */
/*
 * spoof ADDRESS: as a guest, pretend to be somebody else whose address that is. Ten frames of each kind: another
 * hardware address; our own one but his IP address; ARP that says his address is here.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SIOCGIFHWADDR 0x8927
#define SIOCGIFINDEX  0x8933
#define ETH_P_ALL     3

struct sockaddr_ll {
	unsigned short family, protocol;
	int index;
	unsigned short type;
	unsigned char kind, len, addr[8];
};

static int s;
static struct sockaddr_ll card = { .family = AF_PACKET };

static int ten(const unsigned char *frame)
{
	int sent = 0;

	for (int i = 0; i < 10; i++)
		sent += sendto(s, frame, 60, 0, (struct sockaddr *)&card, sizeof(card)) == 60;
	return sent;
}

int main(int argc, char **argv)
{
	struct {
		char name[16];
		union {
			int index;
			struct sockaddr mac;
		} u;
	} r = { .name = "eth0" };
	unsigned char frame[60] = { 255, 255, 255, 255, 255, 255 }, own[6];
	struct in_addr his;
	int sent;

	if (argc < 2 || !inet_aton(argv[1], &his))
		return 1;
	s = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (s < 0 || ioctl(s, SIOCGIFINDEX, &r))
		return 1;
	card.index = r.u.index;
	ioctl(s, SIOCGIFHWADDR, &r);
	memcpy(own, r.u.mac.sa_data, 6);
	/* Another card's. */
	memcpy(frame + 6, "\x00\x16\x3e\x00\x00\x01", 6);
	frame[12] = 8;
	sent = ten(frame);
	/* Ours, with his address in an IP packet. */
	memcpy(frame + 6, own, 6);
	frame[14] = 0x45;
	frame[17] = 46;
	frame[22] = 64;
	frame[23] = 17;
	memcpy(frame + 26, &his, 4);
	sent += ten(frame);
	/* His address is here. */
	memcpy(frame + 12, "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02", 10);
	memcpy(frame + 22, own, 6);
	memcpy(frame + 28, &his, 4);
	sent += ten(frame);
	printf("spoof: %d frames\n", sent);
	return 0;
}
