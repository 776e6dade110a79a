/** Real headers, without their key material: made by cryptsetup 2.6.1, cut behind the metadata, compressed by zstd. */

const unpack = (text: string) => new Uint8Array(Bun.zstdDecompressSync(Buffer.from(text, "base64")));

/** LUKS1, one slot of 1000 iterations. */
export const luks1Header = unpack(
  [
    "KLUv/WBQAa0GAAQLTFVLU7q+AAFhZXMAeHRzLXBsYWluNjQAc2hhMjU2ABBAfSF0rNz9UaP+gxDNEhqvg/4467OcgCGABYGfIpCyb6H5XhNuq8",
    "zsya3Yf1ZeDxP2YD/XowAAA+g2ZDZmNmU2NC02ZjAwLTQwODBhMQCscfNN4Rd1fBrPUor/Wm4B3PJWBK4D4TTKWnm583J1T7wULgAAAAgAAA+g",
    "AADerQACAAP4BfAH6AngC9gN0AAAD6AQIFA3FgObeCaeiTfxmXiauNiXKdzBVQLBJQBOgQgNOjEqCQ==",
  ].join(""),
);

/** LUKS2, 4 KiB sectors, label, subsystem, a slot of argon2id and one of PBKDF2. */
export const luks2Header = unpack(
  [
    "KLUv/WAAf30aADYonDqwcDc8WHBC45FdrbKH3MSNtbh+TAeyCcCuO2Rfst2u7+vtclOCGUvsmBgWpOVyaV0O1dlDBUr0QUQbkwCDAIYA2Iz251",
    "Tpv/poi/UNAD3A0BYK2oBIkAoCEjxKHJR5BkGjHFCJRIiCwaSw4auxfh/c3dmNga5Ly8BY9jItN2UZhx+BhqQ7NS6xaoMOz9USlOzuJQbrsYNz",
    "uJIL2ndGUxRyNi4ISBNWN7AXlAZSxQKQ0G5eRF/BIYBqmw8HlU8Wwv35fa9Ez3tTwNfhC/BpZSFNkicB0g/jUDYSnyMiHvRFkcUDBeSHK4nVZs",
    "ovuryAj9BryYjNv61uLu2w9Wa2FnJQKLzi1KmfTuu8WcM21Yn3ZjaW7bpLb+DPcYDfd5ta5/cVZ9o+dmch3M7yEA7m/tM09abj3ePZ9vn7s7Xw",
    "d43n/6V7axHLOfWfsWjhH7VK24zW39fcbQN5XVR+uIAEoU7Yo1i97x8zHp19yNTqGleId51zcQG9shyvMlEYE/PyvbNuyhhujFNzpv/R7m/yGR",
    "tmPe32tQkPh0P5tf3U6T/WR6l5kpkXl86pEHqjMv+e1JobufwllXfs8kfqKjPkqBIb+7EoEhzKz7fjPq9buOaW39nFgOFX+GbbjeVLBylFjePB",
    "jo0QHUGXVNvYENcTRBSxSSmL9cZgFdH18NF2tE+Yn6G5CmtA2wrwDO9uYkzNrKXIxbYJLq2zjenojI6BAapvVdCBvVZgCAzQozK6Ck1ozelPOO",
    "kVsJ1INU+SJsg5HsrzDMNva1M/1FnTNpXJ/CMYyJNkyPIYS+1llK6PKivIZZCo/N3+ijJ1CbpM3KRHA1eoES1iyqSZUdSyagxgRKSIjguNAdKq",
    "iKIYZRAUQtGInWjiKJwYmqHIDejwNNuOdmCLXWEAyNtzA0qHY0SyF40k+42sH+HJVa8ZnTrqUHukkAYq0y2cX8krxiWgQz0giHukKeErituXgD",
    "RAeeAzfAF+pDAnjhtRZMB2CHuICqR+Mw7BQGFZJFyPfyDsc5Ac85H2zjD/XF8y75O1klL6ghdaS5BOKvC4YWgezeloxlSV3g0srR6vhAWIDQI2",
    "v7oYGNQomWGP5W4QDYfbnibn0k2XEUKuerl1DbE0cWc=",
  ].join(""),
);

/** LUKS2 whose data lie on another device. */
export const detachedHeader = unpack(
  [
    "KLUv/WAAfxUXANajjDzAcgfMkwWBvy3kfsiHx9xkBUVvuFhwiH1hSJJEOdxJ2013ZrKofM+za2xMbd6VyWSFZD8HpiLAAS5VeAqBAHUAeQA6P0",
    "eqqJxEQeayNlOG27LqwVU4uIHS3vU982xdHssznbNvnM69O1jO5TlPl9vRFTNcActUs2faAEODUT1jY8sqg/NUwhh9cHV2P2DduijljPZy9iUv",
    "tMRQlGh90BoTTSQMsgrCTlI6BSVx9ICy0oraeRfXTL8NaHstQKuERPwZgQEiHTf5BwXqx4zj/j9rH657/NfdWBm9s/K86/UzmvP/as7H653X/6",
    "i1t3dcfuld7NIzL9b9uJ/nPLXua7zPuky/Zrq4931lPKr3vw/ntYuT56vup+Dc2HdKn66Fi0et/+tiLVz/55++FXe62JYH9URVw7QZMQRC526+",
    "1iQgNa+DGmt8mOdVFd69oDp9yr/JM+6ztKhPiTx9tN+k0QMZ7GiW1DuO15fsgTqOoY/7PBQTH1/q91zxyj3/27jvrHHqnzK1dWi9W+93x6FL3M",
    "fiTv7PZt2L5K0kSm9KkfnffaHvLQb7HzwyPO4yqjCRWAwJTAFHRVxSHT1AV/spJUJtRrkSnZQgCBtUQMJwDGR4MHo7yRufgsCf5KOv3CxBp5Jt",
    "utRbGoUU0OomC2zPEzkd1GpsQSxkV4EYTVB1owHzWmqF+DA75BrkEG+JFmj8EWmZN9N0HMPuzvtNd6nnO29nUCk09Pg2hX3SDw+SH3VZ/ANEII",
    "BEpGq0aQzo8PBvizpg1XTCAFCaCO/66DA+yAcPgQvAbAuobgqdTDugBgBlBTjmBvwOAO2MqC2FRg9Ri7sDnM7NFurCQNaQW/I/Kz4cjMNgCMZ2",
    "O/g5imsBUvPqD1epgLw2UIDs4hiDvQqUQHiswyOAHXJMBoRNupqEPhQK9QCogJYOFAFDyxhYALQADSEAgAoDBeAadcUMxBCh4KCGw/ukhE9FLg",
    "YiLnGrjg==",
  ].join(""),
);

/** LUKS2 after `reencrypt --encrypt --init-only`. */
export const reencryptingHeader = unpack(
  [
    "KLUv/WAAf/0eABYwtjmwMjf8yHdvo7thDnNV/xOPH3/TeJ6pa+BJXNvk9u4uspRYUrYoQLP+vZFOM27J5A21Flb8+A2cuRavAJoApADezSjKPL",
    "SOk+HGevVqdTfcj2v31+3ZcPX9turaX3V7hDxtDjl8TnleXMOCadMP1B9JgdYYmY/ggzTtboHhRzknhCaJ8/znoxGGzkO4+JHDI1IuDr2PQofH",
    "43uE5yRsZAVm9zRkkQwjUENACuKgqvuEIwEpDW8KWy9TBh94yjUEFq0s2iYo4yyErOqiYg+KsPJBO4mUksTcHOpUamKEsjH2VF0YIAQRCgGEX1",
    "1OFJiU+7vhanc6v+kcj+Y+m9/S+ed0NHrXbgb8862cfIv5vc9fr696df7UWUYWZViGkW8yhrduR4gx5gRm6iyb77KOlb4k/zxE+n7WWGMJjb5j",
    "YWwVkWrSSoONb+Vu9Trs87/TbgzFo9uibNPeig/1fWeof2/f9I5r89n+xRdpjF2kfIyJ+9el0jvrc//zrUvVPdXNeN+3+HE633VYGtcRP4Oda+",
    "OSpJlUyUdcXKTTEdp+ccpvSMnOvFMv4Q4Y7LFKY8tSDaJJ8xjjiU+SXIeERYWq49Ii40oj01nHtEhz/r2cs27HNKl8HndgRJhMX61TniU89vVF",
    "habu2aXc5JnWes6y6QLNMlN2Zjq+qdH/dGv1Ni2NYWPV/+yOg6XjG1e/3jT25/gQv1ZnD3Vrpt4qdWe69rY2+ub+27T96+nW/tU7RvqOTaYOgw",
    "qNBopvnjH2yG4CsCkAYlS2TeKJBf6BsMiJIVVFPCXKruIC/NPMLXmIA50OC21gAG4FxYlijkhvsEjK2AQHlHnoOF5CQFZHvwsj05ZtJ84sm+Cw",
    "jUqBQXFuY+xwaN9aH7V9/XP6qvPz4lFGIuMYx771nCktte95yiQqUZxJK17fUZmQuV4ms9dPMtMnypWSugXPSvGlrfN3DZ2lMeTOmbUzNC1vZ6",
    "ABrVLKsZkwSlJQlBwDYESkiIwtY3d4eN9OccCWqcIAkBRbBj0dVho5LDBrXOsWs9lPyxQKhL3W/AWAgPsy0pnJhcbpQCZ4A8nyQ27yriVFcvb9",
    "2wXtyHWhQTQAHRx1owYG7eaYdvHxbBSseAy4RD3T0M2jGAaxSTexzrdRnBKY+QBkAO5CMNxmW1tbwQmBZvKM2yNE4AKZBsiJfND+mEV/ZyUiT7",
    "Y4q0yDmvQwuw6wxkGj3YJy010mg9WmB55gX8cGuBAgAB7ucgrUKRcBsG3aoQTwdAj9sGSgYgA1oLSMwgtgATK8IIALAC1wsy7tYA8aPQrQcPh+",
    "WsKjKhfA0Ulv3TM=",
  ].join(""),
);
