#!/bin/sh
# How this package was made, once, from ../clip.mp4.
cd "$(dirname "$0")" || exit 1
for height in 90 144; do
  mkdir -p "${height}p"
  ffmpeg -v error -y -i ../clip.mp4 -vf "scale=-2:$height,hqdn3d=12,fps=12" \
    -c:v libx264 -profile:v baseline -preset veryslow -crf 40 -g 24 -keyint_min 24 -sc_threshold 0 \
    -c:a aac -b:a 16k -ac 1 -ar 22050 -map_metadata -1 \
    -f hls -hls_time 2 -hls_playlist_type vod -hls_flags independent_segments \
    -hls_segment_filename "${height}p/seg%d.ts" "${height}p/index.m3u8"
done
cat > master.m3u8 <<'EOF'
#EXTM3U
#EXT-X-VERSION:6
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=60000,RESOLUTION=144x90,CODECS="avc1.42c00b,mp4a.40.2"
90p/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=90000,RESOLUTION=230x144,CODECS="avc1.42c00c,mp4a.40.2"
144p/index.m3u8
EOF
