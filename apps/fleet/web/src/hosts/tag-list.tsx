/** The tags of a host stand beside each other. */

export function TagList({ tags }: { readonly tags: readonly string[] }) {
  return (
    <span className="tags">
      {tags.map((tag) => (
        <span key={tag} className="tag foreign">
          {tag}
        </span>
      ))}
    </span>
  );
}
